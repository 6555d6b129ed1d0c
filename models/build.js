#!/usr/bin/env node
// @ts-check
// Makes the bundled models and prints their scores, sizes and speeds:
// `node models/build.js CORPORA [--vectors GLOVE] [--threads N] [NAME...]`.
//
// CORPORA is a folder of corpora as their owners publish them; GLOVE is glove.6B.100d.txt. models/README.md says where they
// are. Without NAME all models are made. `node models/checksums.js models/*.safetensors` writes checksums into models of earlier
// versions without training them again.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readSentences } from '../dist/index.js';
import { makeModel } from './make.js';
import { recipes } from './recipes.js';

const program = fileURLToPath(new URL('../bin/seqtag.js', import.meta.url));

/** The shortest of five runs of `seqtag tag` in one thread, in seconds. @param {string} model @param {string} input */
function tagSeconds(model, input) {
  const args = [program, 'tag', '-m', model, '--threads', '1', '--input', 'horizontal'];
  const runs = Array.from({ length: 5 }, () => {
    const began = performance.now();
    spawnSync(process.execPath, args, { input, maxBuffer: 2 ** 30 });
    return (performance.now() - began) / 1000;
  });
  return Math.min(...runs);
}

/** @param {string} model @param {string} corpus */
async function speedText(model, corpus) {
  const sentences = [];
  for await (const { tokens } of readSentences(corpus)) sentences.push(tokens);
  const text = sentences.map((tokens) => `${tokens.join(' ')}\n`).join('');
  const start = tagSeconds(model, 'hello\n');
  const seconds = tagSeconds(model, text.repeat(20)) - start;
  const tokens = 20 * sentences.flat().length;
  return `start ${(1000 * start).toFixed(0)} ms, ${Math.round(tokens / seconds / 1000)},000 tokens/s in one thread`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { vectors: { type: 'string' }, threads: { type: 'string' } },
});
const [corpora, ...wanted] = positionals;
if (!corpora || wanted.some((name) => !(name in recipes))) {
  console.error(
    `usage: node models/build.js CORPORA [--vectors GLOVE] [--threads N] [${Object.keys(recipes).join('|')}]...`,
  );
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : Object.keys(recipes)) {
  const output = fileURLToPath(new URL(`${name}.safetensors`, import.meta.url));
  await makeModel(name, { corpora, output, ...values });
  console.log(`  ${await speedText(output, join(corpora, 'en_ewt/dev.conllu'))}`);
}
