#!/usr/bin/env node
// @ts-check
// Accuracy of the default settings over three seeds: `node bench/accuracy.js CORPORA RESULTS.jsonl [CORPUS...] [FLAG...]`.
//
// CORPORA is a folder with en_ewt/{train,dev,test}.conllu, btc/ and wnut17/{train,dev,test}.conll; CORPUS is one of
// them (default: all), or wnut17_whole: its train and dev as one corpus, of which dev is what is held out. FLAGs go to
// every training (`--hidden=100`). Prints a row for each column of tags: mean and sample standard deviation of accuracy
// for plain tags, of F1 of whole spans (as conlleval) for span tags. RESULTS.jsonl gets a line for each finished
// training: with this file, an interrupted command continues.
import { asked, compare, scoreCells } from './compare.js';

const { folder, results, isChosen, flags } = asked(
  'node bench/accuracy.js CORPORA RESULTS.jsonl [CORPUS...] [FLAG...]',
);
const all = {
  en_ewt: { extension: 'conllu', flags: ['--tag-column=upos,xpos'], columns: ['UPOS', 'XPOS'] },
  btc: { extension: 'conll', columns: ['F1'] },
  wnut17: { extension: 'conll', columns: ['F1'] },
  wnut17_whole: { extension: 'conll', folder: 'wnut17', whole: true, columns: ['F1'] },
};
const corpora = Object.fromEntries(Object.entries(all).filter(([name]) => isChosen(name)));
const setting = ['default', ...flags].join(' ');
const runs = await compare({ folder, results, settings: { [setting]: flags }, corpora });
console.log('| corpus | figure | dev | test | seconds a training |');
console.log('|---|---|--:|--:|--:|');
for (const [corpus, { columns }] of Object.entries(corpora)) {
  const cells = scoreCells(runs, { setting, corpus });
  const own = runs.filter((run) => run.setting === setting && run.corpus === corpus);
  const seconds = own.reduce((sum, run) => sum + run.seconds, 0) / own.length;
  columns.forEach((figure, c) => {
    const [dev, test] = cells.slice(2 * c);
    console.log(`| ${corpus} | ${figure} | ${dev} | ${test} | ${Math.round(seconds)} |`);
  });
}
