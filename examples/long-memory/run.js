#!/usr/bin/env node
// @ts-check
// Which recurrent cell remembers? `node examples/long-memory/run.js [FLAG...]`, with flags of `seqtag train`, e.g.
// `--seed 2` or `--bptt regular:50`.
//
// Makes corpora whose only task is to remember a colour over 200 tokens (make.js), trains an LSTM, a GRU and an Elman
// network on them by the command line, and prints what each has learned and how far its gradients reach.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const seqtag = join(here, '../../bin/seqtag.js');
const flags = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'long-memory-'));
const DISTANCES = [0, 10, 50, 100, 200];

/** Runs a script of this repository. @param {string} script @param {string[]} args @returns what it wrote */
function node(script, ...args) {
  return execFileSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Prints a command as it may be given again, and runs it. @param {string[]} args */
function run(...args) {
  console.log(`$ node ${[relative('', seqtag), ...args].join(' ')}`);
  return node(seqtag, ...args);
}

/** Columns aligned to the right, the first one to the left. @param {string[][]} rows */
function table(rows) {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row.map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[0] ?? 0))),
  );
  return `\n${lines.map((line) => line.join('  ')).join('\n')}\n`;
}

const corpora = { train: [400, 1], dev: [200, 2], test: [200, 3] };
for (const [part, [sentences, seed]] of Object.entries(corpora))
  writeFileSync(
    join(folder, `${part}.conll`),
    node(join(here, 'make.js'), String(sentences), String(seed)),
  );
/** @param {string} part */
const corpus = (part) => join(folder, `${part}.conll`);

const learned = [['cell', 'questions answered', 'parameters', 'best epoch', 'seconds']];
const reach = [['|dL/dh| at a distance of', ...DISTANCES.map(String)]];
/** How much of the gradient at distance 0 is left at the farthest, before training. */
const left = [];
for (const cell of ['lstm', 'gru', 'rnn']) {
  const model = join(folder, `${cell}.safetensors`);
  const events = run(
    ...['train', corpus('train'), '--dev', corpus('dev'), '--test', corpus('test'), '-o', model],
    ...['--config', relative('', join(here, 'settings.json')), '--cell', cell],
    ...['--threads', '1', '--json', '--quiet', ...flags],
  );
  const end = JSON.parse(events.trim().split('\n').at(-1) ?? '');
  // Only the last token of a sentence asks: the tags of all others are guessed without memory.
  const { RED, BLUE } = end.test[0].tags.byTag;
  const answered = (RED.correct + BLUE.correct) / (RED.gold + BLUE.gold);
  const { parameters, bestEpoch, seconds } = end;
  learned.push([
    cell,
    `${(100 * answered).toFixed(1)} %`,
    String(parameters),
    String(bestEpoch),
    seconds.toFixed(1),
  ]);
  const { initial, trained } = JSON.parse(node(seqtag, 'inspect', model, '--json')).record
    .gradients;
  for (const [when, { forward }] of Object.entries({ untrained: initial, trained }))
    reach.push([`${cell}, ${when}`, ...DISTANCES.map((k) => forward[k].toExponential(0))]);
  left.push(`${(initial.forward[200] / initial.forward[0]).toExponential(0)} (${cell})`);
}
console.log(table(learned));
console.log(table(reach));
console.log(
  `Before training |dL/dh| at the colour is, to that at the question, ${left.join(', ')}: a gradient vanishes where it is below 1e-7, the precision of its numbers.`,
);
console.log(`\nCorpora and models are in ${folder}.`);
