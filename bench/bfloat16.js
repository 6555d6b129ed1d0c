// @ts-check Speed and accuracy of --bfloat16: the default recipe trained on TRAIN with products in 32 bits and in
// bfloat16, in turns, and DEV tagged by each model both ways.
//
// node bench/bfloat16.js TRAIN DEV [--seeds 1] [--epochs 5] [--threads 1] [--tag-column upos,xpos]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasBfloat16 } from '../dist/backend/backend.js';
import {
  defaultModel,
  fail,
  interleave,
  machine,
  median,
  note,
  run,
  seqtag,
  table,
  thousands,
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
    'tag-column': { type: 'string', default: 'upos,xpos' },
  },
});
const [corpus = '', dev = ''] = positionals;
if (!corpus || !dev) fail('usage: node bench/bfloat16.js TRAIN DEV');
if (!hasBfloat16()) fail('This machine has no products in bfloat16.');

const ways = { 'in 32 bits': [], 'in bfloat16': ['--bfloat16'] };
const scratch = mkdtempSync(join(tmpdir(), 'seqtag-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const columns = values['tag-column'];
const threads = ['--threads', values.threads];
/** @param {string} way @param {number} seed */
const modelOf = (way, seed) => join(scratch, `${way.replaceAll(' ', '-')}-${seed}.safetensors`);
/** @param {{ accuracy: number; spans?: { f1: number } }} report */
const percentOf = ({ accuracy, spans }) => 100 * (spans?.f1 ?? accuracy);

/** Tokens a second, of the epochs after the first. @param {string} way @param {string[]} flags @param {number} seed */
async function train(way, flags, seed) {
  const text = await run(process.execPath, [
    ...[seqtag, 'train', corpus, '--dev', dev, '-o', modelOf(way, seed), '--json', '--quiet'],
    ...['--epochs', values.epochs, '--seed', String(seed), ...threads, ...flags],
    ...['--tag-column', columns],
  ]);
  const epochs = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'epoch');
  return median(epochs.slice(1).map(({ tokensPerSecond }) => tokensPerSecond));
}

/** Scores on DEV, in percent. @param {string} model @param {string[]} flags */
async function score(model, flags) {
  const all = [];
  for (const column of columns.split(',')) {
    const text = await run(process.execPath, [
      ...[seqtag, 'eval', '-m', model, dev, '--json', '--allow-unseen', '--tag-column', column],
      ...[...threads, ...flags],
    ]);
    all.push(percentOf(JSON.parse(text).corpora[0].report));
  }
  return all.map((share) => share.toFixed(2)).join(' / ');
}

console.log(`${machine()}\n`);
const rows = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  const jobs = Object.fromEntries(
    Object.entries(ways).map(([way, flags]) => [way, () => train(way, flags, seed)]),
  );
  const rates = await interleave(jobs, 1, note);
  for (const way of Object.keys(ways)) {
    const scores = [];
    for (const flags of Object.values(ways)) scores.push(await score(modelOf(way, seed), flags));
    const rate = median(rates[way] ?? []);
    const ratio = rate / median(rates['in 32 bits'] ?? []);
    rows.push([`${way}, seed ${seed}`, thousands(rate), ratio.toFixed(2), ...scores]);
  }
}
/** Lines of the tagged DEV. @param {string[]} flags */
async function tagged(flags) {
  const args = [seqtag, 'tag', '-m', defaultModel, dev, ...threads, ...flags];
  return (await run(process.execPath, args)).split('\n');
}
const [exact, rounded] = [await tagged([]), await tagged(['--bfloat16'])];
const differing = exact.filter((line, i) => line !== rounded[i]).length;
console.log(`en-upos: ${differing} of ${exact.length} lines of DEV differ\n`);
console.log(
  table(
    [
      'trained',
      'tokens a second',
      'ratio',
      ...Object.keys(ways).map((way) => `dev, tagged ${way}`),
    ],
    rows,
  ),
);
