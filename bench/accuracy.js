#!/usr/bin/env node
// @ts-check
// Accuracy of the default settings, mean and deviation over seeds: `node bench/accuracy.js CORPORA [SEEDS] [NAME=VALUE...]`.
//
// CORPORA is a folder with en_ewt/{train,dev,test}.conllu, btc/ and wnut17/{train,dev,test}.conll. NAME=VALUE sets a
// hyperparameter. Prints a row a corpus: accuracy for plain tags, F1 of whole spans (as conlleval) for span tags.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHyperparameters, train } from '../dist/index.js';

const [folder, seeds = '3', ...settings] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node bench/accuracy.js CORPORA [SEEDS] [NAME=VALUE...]');
  process.exit(2);
}
const given = Object.fromEntries(settings.map((setting) => setting.split('=')));
const scratch = mkdtempSync(join(tmpdir(), 'seqtag-accuracy-'));

/** @param {import('../dist/index.js').Report | undefined} report */
const score = (report) => 100 * ((report?.spans ? report.spans.f1 : report?.accuracy) ?? 0);

/** Mean and sample standard deviation. @param {number[]} values */
function spread(values) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance =
    values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return `${mean.toFixed(2)} ± ${Math.sqrt(variance).toFixed(2)}`;
}

console.log(`corpus   figure     dev            test           seconds a run  (${seeds} seeds)`);
try {
  for (const [name, ending] of [
    ['en_ewt', 'conllu'],
    ['btc', 'conll'],
    ['wnut17', 'conll'],
  ]) {
    const file = (/** @type {string} */ part) => join(folder, `${name}/${part}.${ending}`);
    const dev = [];
    const test = [];
    const seconds = [];
    let figure = '';
    for (let seed = 1; seed <= Number(seeds); seed++)
      for await (const event of train({
        corpora: [file('train')],
        dev: file('dev'),
        test: file('test'),
        output: join(scratch, 'model.safetensors'),
        hyperparameters: checkHyperparameters({ ...given, seed }, 'accuracy'),
      })) {
        if (event.type !== 'end') continue;
        dev.push(score(event.dev[0]));
        test.push(score(event.test?.[0]));
        seconds.push(event.seconds);
        figure = event.dev[0]?.spans ? 'F1' : 'accuracy';
      }
    console.log(
      [
        name?.padEnd(7),
        figure.padEnd(9),
        spread(dev).padEnd(13),
        spread(test).padEnd(13),
        Math.round(seconds.reduce((a, b) => a + b, 0) / seconds.length),
      ].join('  '),
    );
  }
} finally {
  rmSync(scratch, { recursive: true });
}
