#!/usr/bin/env node
// @ts-check
// `npm run demo`: trains a tagger on the bundled corpus, scores it on sentences it has not seen, and tags raw text with
// the bundled models. Every step is a command that you could have typed; it is shown before it runs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const model = join(mkdtempSync(join(tmpdir(), 'seqtag-demo-')), 'my-tagger.safetensors');

/** @param {string[]} args @param {string} [input] */
function seqtag(args, input) {
  console.log(`\n$ ${input ? `echo '${input}' | ` : ''}seqtag ${args.join(' ')}`);
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const { status } = spawnSync(process.execPath, ['bin/seqtag.js', ...args], {
    stdio: [stdin, 'inherit', 'inherit'],
    ...(input !== undefined && { input: `${input}\n` }),
  });
  if (status !== 0) throw new Error(`seqtag ${args[0]} ended with ${status}`);
}

const text =
  'Angela Merkel met Google in Berlin. The museum in Oslo was closed, so we walked to the harbour.';
seqtag([
  'train',
  'corpora/english.train.conllu',
  '--dev',
  'corpora/english.dev.conllu',
  '-o',
  model,
  '--hidden=100',
  '--epochs=20',
]);
seqtag(['eval', '-m', model, 'corpora/english.test.conllu']);
seqtag(['tag', '-m', model, '--output', 'inline'], text);
seqtag(['tag', '-m', 'en-upos', '--output', 'inline'], text);
seqtag(['tag', '-m', 'en-ner', '--output', 'inline'], text);
console.log(`\nYour model is ${model}. Try more with: npx seqtag tag -m ${model} FILE`);
