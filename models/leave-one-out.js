#!/usr/bin/env node
// @ts-check
// How well does en-ner do on text of a kind that it was not trained on? Trains it without one of its corpora, for each of
// them, and prints its F1 on the test part of that corpus, beside that of the bundled model, as a table in Markdown.
//
// node models/leave-one-out.js CORPORA --vectors GLOVE [CORPUS...]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluate, loadTagger } from '../dist/index.js';
import { entities, nameCorpora } from './entities.js';
import { makeModel, percent } from './make.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { vectors: { type: 'string' }, threads: { type: 'string' } },
});
const [corpora, ...wanted] = positionals;
if (!corpora || wanted.some((name) => !nameCorpora.includes(name))) {
  console.error(
    `usage: node models/leave-one-out.js CORPORA --vectors GLOVE [${nameCorpora.join('|')}]...`,
  );
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'seqtag-without-'));
const rows = [];
try {
  const bundled = await loadTagger('en-ner');
  for (const without of wanted.length > 0 ? wanted : nameCorpora) {
    const output = join(folder, `${without}.safetensors`);
    const reports = await makeModel('en-ner', {
      corpora: resolve(corpora),
      output,
      without,
      ...values,
    });
    const gold = entities(resolve(corpora), without, 'test').map((sentence) => ({
      tokens: sentence.map(([token]) => token),
      tags: sentence.map(([, tag]) => tag),
    }));
    const full = await evaluate({ gold, predicted: bundled });
    const spans = reports.get(without)?.spans;
    rows.push([
      without,
      ...[spans?.f1, spans?.precision, spans?.recall, full.spans?.f1].map(percent),
    ]);
  }
  await bundled.close();
} finally {
  rmSync(folder, { recursive: true });
}
console.log('\n| test part of | F1 without this corpus | precision | recall | F1 of en-ner |');
console.log('|---|--:|--:|--:|--:|');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
