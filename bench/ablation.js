#!/usr/bin/env node
// @ts-check The gain of each component: `node bench/ablation.js CORPORA RESULTS.jsonl [CORPUS...] [FLAG...]`.
//
// CORPORA is a folder with en_ewt/{train,dev}.conllu, btc/ and wnut17/{train,dev}.conll; CORPUS is one of them
// (default: all), and flags, as --bfloat16, go to every training. Trains the default recipe with 3 seeds, and again
// with one component changed at a time; EWT for 12 epochs. Prints for each the mean and sample standard deviation on
// dev, accuracy of plain tags or F1 of whole spans (as conlleval), and the difference to the default. RESULTS.jsonl
// gets a line for each finished training: with this file, an interrupted command continues.
import { asked, compare, scoreCells } from './compare.js';

const { folder, results, isChosen, flags } = asked(
  'node bench/ablation.js CORPORA RESULTS.jsonl [en_ewt|btc|wnut17 ...] [--bfloat16 ...]',
);
const common = {
  default: [],
  'no character encoder': ['--char-encoder=none'],
  'character LSTM': ['--char-encoder=lstm'],
  'no hashed features': ['--features=none'],
  'one direction': ['--direction=forward'],
  'two layers': ['--layers=2'],
  GRU: ['--cell=gru'],
  'no dropout of what layers read': ['--dropout=0'],
  'no dropout before the tags': ['--output-dropout=0'],
  'no dropout in the recurrence': ['--recurrent-dropout=0'],
  'unknown word not trained': ['--unknown-probability=0'],
  'weights not averaged': ['--average-epochs=1'],
  'constant rate': ['--schedule=constant'],
};
const plainTags = {
  ...common,
  'label smoothing 0.1': ['--label-smoothing=0.1'],
  'a CRF': ['--decoder=crf'],
  'half the units': ['--hidden=100'],
};
const spans = {
  ...common,
  'no label smoothing': ['--label-smoothing=0'],
  'no recall bias': ['--bias-recall=0'],
  'all hashed features': ['--features=all'],
  'each token its best tag': ['--decoder=softmax'],
  'a CRF': ['--decoder=crf', '--label-smoothing=0'],
  'a CRF, with label smoothing': ['--decoder=crf'],
  'trained in BIO': ['--tag-scheme=BIO'],
};
const ewt = ['--tag-column=upos,xpos', '--epochs=12', '--patience=12'];
const corpora = {
  en_ewt: { extension: 'conllu', flags: ewt, settings: plainTags, columns: ['UPOS', 'XPOS'] },
  btc: { extension: 'conll', settings: spans, columns: ['F1'] },
  wnut17: { extension: 'conll', settings: spans, columns: ['F1'] },
};
for (const [corpus, { settings, columns, ...files }] of Object.entries(corpora)) {
  if (!isChosen(corpus)) continue;
  const runs = await compare({
    folder,
    results,
    settings,
    corpora: { [corpus]: files },
    flags,
    parts: ['dev'],
  });
  console.log(
    `\n| ${corpus} | ${columns.map((name) => `dev ${name} | to the default`).join(' | ')} |`,
  );
  console.log(`|---|${'--:|--:|'.repeat(columns.length)}`);
  const meansOf = (/** @type {string} */ setting) =>
    scoreCells(runs, { setting, corpus }).map((cell) => Number.parseFloat(cell));
  const usual = meansOf('default');
  for (const setting of Object.keys(settings)) {
    const means = meansOf(setting);
    const cells = scoreCells(runs, { setting, corpus }).map((cell, i) => {
      const difference = (means[i] ?? 0) - (usual[i] ?? 0);
      const signed = `${difference > 0 ? '+' : ''}${difference.toFixed(2)}`;
      return `${cell} | ${setting === 'default' ? '' : signed}`;
    });
    console.log(`| ${setting} | ${cells.join(' | ')} |`);
  }
}
