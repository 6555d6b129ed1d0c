#!/usr/bin/env node
// @ts-check
// Accuracy of the default recipes, and of other settings, on many corpora:
// `node bench/recipes.js CORPORA RESULTS.jsonl [CORPUS...] [--settings ablation|FILE.json] [--seeds N] [--test] [-- FLAG...]`.
//
// CORPORA is a folder with a folder for each corpus below, which has `train`, `dev` and, for --test, `test`. CORPUS is
// one of them (default: all that are in the folder). Trains the defaults with 3 seeds, and each of the settings too:
// `ablation` changes one component at a time, and a JSON file has flags by name ({"a CRF": ["--decoder=crf"]}). FLAGs
// go to every training run. Prints the mean and sample standard deviation of accuracy for plain tags, and of F1 of
// whole spans (as conlleval) for span tags, on dev; on test only with --test, because settings are chosen on dev.
// RESULTS.jsonl gets a line for each finished training run: with this file, an interrupted command continues.
// `node bench/recipes.js CORPORA [CORPUS...] --statistics` trains nothing, and prints what recipes are chosen by.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseRecipe } from '../dist/training/recipes.js';
import { trainedColumns } from '../dist/training/trained-columns.js';
import { readTrainingFiles } from '../dist/training/training-files.js';
import { traitsOf } from '../dist/training/traits.js';
import { fail, note, percent, table } from './common.js';
import { compare, scoresOf } from './compare.js';

/** @type {Record<string, import('./compare.js').Corpus & { columns: string[] }>} */
const all = {
  en_ewt: {
    extension: 'conllu',
    flags: ['--tag-column=upos,xpos'],
    columns: ['UPOS', 'XPOS'],
  },
  tr_imst: {
    extension: 'conllu',
    flags: ['--tag-column=upos,feats'],
    columns: ['UPOS', 'FEATS'],
  },
  // 3 of BTC's development lines have no token
  btc: { extension: 'conll', flags: ['--force'], columns: ['F1'] },
  wnut17: { extension: 'conll', columns: ['F1'] },
  wnut17_whole: { extension: 'conll', folder: 'wnut17', whole: true, columns: ['F1'] },
  uner_ewt: { extension: 'conll', columns: ['F1'] },
  wikigold: { extension: 'conll', columns: ['F1'] },
  conll2002_nl: { extension: 'conll', columns: ['F1'] },
  lener_br: { extension: 'conll', columns: ['F1'] },
  anatem: { extension: 'conll', columns: ['F1'] },
  conll2000: { extension: 'conll', columns: ['F1'] },
  conll2000_pos: {
    extension: 'conll',
    folder: 'conll2000',
    flags: ['--feature-column=1'],
    columns: ['F1'],
  },
  resume_zh: { extension: 'conll', columns: ['F1'] },
};

/** One component changed at a time. Settings that equal the default of a corpus repeat its scores. */
const ablation = {
  'no character encoder': ['--char-encoder=none'],
  'character LSTM': ['--char-encoder=lstm'],
  'no hashed features': ['--features=none'],
  'shape and case': ['--features=shape,case'],
  'all hashed features': ['--features=all'],
  'one direction': ['--direction=forward'],
  'two layers': ['--layers=2'],
  '100 units': ['--hidden=100'],
  '200 units': ['--hidden=200'],
  GRU: ['--cell=gru'],
  'no dropout of what layers read': ['--dropout=0'],
  'no dropout before the tags': ['--output-dropout=0'],
  'no dropout in the recurrence': ['--recurrent-dropout=0'],
  'unknown word not trained': ['--unknown-probability=0'],
  'weights not averaged': ['--average-epochs=1'],
  'constant rate': ['--schedule=constant'],
  'no label smoothing': ['--label-smoothing=0'],
  'label smoothing 0.2': ['--label-smoothing=0.2'],
  'no recall bias': ['--bias-recall=0'],
  'each token its best tag': ['--decoder=softmax'],
  'constrained softmax': ['--decoder=constrained'],
  'a CRF': ['--decoder=crf'],
};

const usage =
  'node bench/recipes.js CORPORA RESULTS.jsonl [CORPUS...] [--settings ablation|FILE.json] [--seeds N] [--test] [-- FLAG...]';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    settings: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    statistics: { type: 'boolean', default: false },
    test: { type: 'boolean', default: false },
  },
});
const [folder = '', ...words] = positionals;
const results = values.statistics ? '' : (words.shift() ?? '');
if (!folder || (!results && !values.statistics)) fail(`usage: ${usage}`);
const flags = words.filter((word) => word.startsWith('-'));
const named = words.filter((word) => !word.startsWith('-'));
for (const name of named)
  if (!all[name]) fail(`${name}: no such corpus: ${Object.keys(all).join(', ')}`);

const corpora = Object.fromEntries(
  Object.entries(all).filter(([name, corpus]) => {
    const file = join(folder, corpus.folder ?? name, `train.${corpus.extension}`);
    const isThere = existsSync(file);
    if (!isThere) note(`${name}: no ${file}, so it is left out`);
    return isThere && (named.length === 0 || named.includes(name));
  }),
);
if (values.statistics) {
  await printStatistics();
  process.exit();
}

/** @type {Record<string, string[]>} */
const compared =
  values.settings === 'ablation'
    ? ablation
    : values.settings
      ? JSON.parse(readFileSync(values.settings, 'utf8'))
      : {};
const common = ['default', ...flags].join(' ');
const settings = {
  [common]: [],
  ...Object.fromEntries(
    Object.entries(compared).map(([name, own]) => [[name, ...flags].join(' '), own]),
  ),
};
const runs = await compare({
  folder,
  results,
  settings,
  corpora,
  flags,
  seeds: Array.from({ length: Number(values.seeds) }, (_, i) => i + 1),
  parts: values.test ? ['dev', 'test'] : ['dev'],
});

const rows = Object.entries(corpora).flatMap(([corpus, { columns }]) =>
  Object.keys(settings).flatMap((setting) => {
    const scores = scoresOf(runs, { setting, corpus });
    const usual = scoresOf(runs, { setting: common, corpus });
    return columns.map((figure, c) => {
      const { dev, test } = scores.columns[c] ?? {};
      const difference = (dev?.mean ?? 0) - (usual.columns[c]?.dev?.mean ?? 0);
      return [
        corpus,
        figure,
        setting,
        dev?.text ?? '',
        setting === common ? '' : `${difference > 0 ? '+' : ''}${difference.toFixed(2)}`,
        ...(values.test ? [test?.text ?? ''] : []),
        String(Math.round(scores.seconds)),
      ];
    });
  }),
);
console.log(
  table(
    [
      'corpus',
      'figure',
      'setting',
      'dev',
      'to the default',
      ...(values.test ? ['test'] : []),
      'seconds a run',
    ],
    rows,
  ),
);

/** A row for each corpus, with the traits that recipes are chosen by. */
async function printStatistics() {
  const rows = [];
  for (const [name, { folder: own, extension, flags: read = [] }] of Object.entries(corpora)) {
    const file = (/** @type {string} */ part) => join(folder, own ?? name, `${part}.${extension}`);
    const tagColumn = read.find((flag) => flag.startsWith('--tag-column='))?.split('=')[1];
    const options = {
      corpora: [file('train')],
      dev: file('dev'),
      output: 'unused.safetensors',
      hyperparameters: {},
      force: true,
      ...(tagColumn && { read: { tagColumn } }),
    };
    const [column] = trainedColumns(options, await readTrainingFiles(options), { refit: false });
    if (!column) continue;
    const scheme = column.tagColumn.trainedScheme;
    const traits = traitsOf(column.train, { scheme, partial: false, vectors: false });
    const { name: recipe } = chooseRecipe('auto', traits);
    const { tokens, density, spanLength, capitalised } = traits;
    rows.push([
      name,
      String(column.train.length),
      String(tokens),
      traits.plain ? '' : percent(density),
      traits.plain ? '' : spanLength.toFixed(2),
      traits.plain ? '' : percent(capitalised),
      recipe,
    ]);
  }
  console.log(
    table(
      ['corpus', 'sentences', 'tokens', 'in spans', 'tokens a span', 'capitalised', 'recipe'],
      rows,
    ),
  );
}
