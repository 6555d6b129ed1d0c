#!/usr/bin/env node
// @ts-check
// Every recurrent cell on the same tasks with the same budget: `node bench/cells.js CORPORA RESULTS.jsonl [EPOCHS]`.
//
// CORPORA is a folder with en_ewt/{train,dev,test}.conllu and btc/{train,dev,test}.conll. Trains each setting with 3
// seeds and a softmax decoder. All hyperparameters except those of the cell have their defaults. Prints a table: mean
// and sample standard deviation of accuracy (UPOS) and of F1 of whole spans (NER), and the parameters of the recurrent
// layers. RESULTS.jsonl gets a line for each finished training: with this file, an interrupted command continues.
import { compare, scoresOf } from './compare.js';

const [folder, results, epochs = '10'] = process.argv.slice(2);
if (!folder || !results) {
  console.error('usage: node bench/cells.js CORPORA RESULTS.jsonl [EPOCHS]');
  process.exit(2);
}
const settings = {
  LSTM: ['--cell=lstm'],
  'peephole LSTM': ['--cell=peephole'],
  'coupled LSTM': ['--cell=coupled'],
  GRU: ['--cell=gru'],
  'Elman, tanh': ['--cell=rnn'],
  'Elman, rectified': ['--cell=rnn', '--activation=relu'],
  'clockwork RNN': ['--cell=clockwork'],
  'LSTM, 2 layers': ['--cell=lstm', '--layers=2'],
  'depth-gated LSTM, 2 layers': ['--cell=depth-gated', '--layers=2'],
};
const runs = await compare({
  folder,
  results,
  settings,
  corpora: { en_ewt: { extension: 'conllu' }, btc: { extension: 'conll' } },
  flags: ['--decoder=softmax', '--features=none', '--epochs', epochs, '--patience', epochs],
});
console.log('| cell | UPOS dev | UPOS test | NER dev | NER test | parameters |');
console.log('|---|--:|--:|--:|--:|--:|');
for (const setting of Object.keys(settings)) {
  const scores = ['en_ewt', 'btc'].flatMap((corpus) =>
    scoresOf(runs, { setting, corpus }).columns.flatMap(({ dev, test }) => [dev?.text, test?.text]),
  );
  const { recurrent = 0 } = runs.find((run) => run.setting === setting) ?? {};
  console.log(`| ${setting} | ${scores.join(' | ')} | ${recurrent.toLocaleString('en')} |`);
}
