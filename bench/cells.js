#!/usr/bin/env node
// @ts-check
// Every recurrent cell on the same task with the same budget: `node bench/cells.js CORPORA RESULTS.jsonl [EPOCHS]`.
//
// CORPORA is a folder with en_ewt/{train,dev,test}.conllu and btc/{train,dev,test}.conll. Trains each setting with 3 seeds
// by the command line, on one thread, two trainings at a time, all with the default hyperparameters but the cell's own.
// Every finished training is a line of RESULTS.jsonl; those that are there already are not done again. Prints a table:
// mean and sample standard deviation over the seeds of accuracy (UPOS) and of F1 of whole spans (NER, as conlleval);
// parameters of the recurrent layers; tokens a second and thread in training on EWT.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModel } from '../dist/model/model.js';
import { parameterSpecs, sizeOf } from '../dist/network/config.js';

const [folder = '', results = '', epochs = '10'] = process.argv.slice(2);
if (!folder || !results) {
  console.error('usage: node bench/cells.js CORPORA RESULTS.jsonl [EPOCHS]');
  process.exit(2);
}
const seqtag = fileURLToPath(new URL('../bin/seqtag.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'seqtag-cells-'));

/** @type {Record<string, string[]>} */
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
const corpora = /** @type {const} */ ({ en_ewt: 'conllu', btc: 'conll' });

/** @typedef {{setting: string, corpus: string, seed: number, dev: number, test: number, tokensPerSecond: number, recurrent: number}} Run */

/** @returns {Run[]} */
const finished = () =>
  existsSync(results)
    ? readFileSync(results, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];

/** @param {Pick<Run, 'setting' | 'corpus' | 'seed'>} run */
const keyOf = ({ setting, corpus, seed }) => `${setting} ${corpus} ${seed}`;

/** @param {Pick<Run, 'setting' | 'corpus' | 'seed'>} run */
async function train(run) {
  const { setting, corpus, seed } = run;
  const file = (/** @type {string} */ part) =>
    join(folder, corpus, `${part}.${corpora[/** @type {keyof typeof corpora} */ (corpus)]}`);
  const model = join(scratch, `${keyOf(run).replace(/\W+/g, '-')}.safetensors`);
  const child = spawn(
    process.execPath,
    [
      ...[seqtag, 'train', file('train'), '--dev', file('dev'), '--test', file('test')],
      ...['-o', model, '--threads=1', '--json', '--epochs', epochs, '--patience', epochs],
      ...['--seed', String(seed), ...(settings[setting] ?? [])],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  for await (const chunk of child.stdout) out += chunk;
  const end = JSON.parse(out.trim().split('\n').at(-1) ?? '');
  /** @param {any[]} reports */
  const score = ([{ spans, accuracy }]) => 100 * (spans ? spans.f1 : accuracy);
  const opened = openModel(model);
  opened.close();
  const recurrent = parameterSpecs(opened.config)
    .filter(({ name }) => name.startsWith(`${opened.config.cell}.`))
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const { tokensPerSecond } = end;
  const done = { ...run, dev: score(end.dev), test: score(end.test), tokensPerSecond, recurrent };
  appendFileSync(results, `${JSON.stringify(done)}\n`);
}

/** @param {number[]} values */
function spread(values) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return `${mean.toFixed(2)} ± ${Math.sqrt(squares / (values.length - 1)).toFixed(2)}`;
}

const done = new Set(finished().map(keyOf));
const queue = [1, 2, 3].flatMap((seed) =>
  Object.keys(settings).flatMap((setting) =>
    Object.keys(corpora).map((corpus) => ({ setting, corpus, seed })),
  ),
);
const waiting = queue.filter((run) => !done.has(keyOf(run)));
try {
  await Promise.all(
    [1, 2].map(async () => {
      for (let run = waiting.shift(); run; run = waiting.shift()) await train(run);
    }),
  );
} finally {
  rmSync(scratch, { recursive: true });
}

console.log('| cell | UPOS dev | UPOS test | NER dev | NER test | parameters | tokens/s |');
console.log('|---|---|---|---|---|---|---|');
for (const setting of Object.keys(settings)) {
  const runs = finished().filter((run) => run.setting === setting);
  const [upos, ner] = ['en_ewt', 'btc'].map((corpus) => runs.filter((r) => r.corpus === corpus));
  if (!upos || !ner) continue;
  const cells = [
    ...[upos, ner].flatMap((of) => [spread(of.map((r) => r.dev)), spread(of.map((r) => r.test))]),
    (upos[0]?.recurrent ?? 0).toLocaleString('en'),
    Math.round(upos.reduce((sum, r) => sum + r.tokensPerSecond, 0) / upos.length).toLocaleString(
      'en',
    ),
  ];
  console.log(`| ${setting} | ${cells.join(' | ')} |`);
}
