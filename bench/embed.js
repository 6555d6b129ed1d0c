// @ts-check Word vectors: vocabulary words per second of training, compared with fastText on the same text with the
// same settings, in alternating runs. Reading the text and writing the vectors are excluded for both.
//
// node bench/embed.js TEXT [--rounds 3] [--epochs 2] [--fasttext fasttext] [--buckets 200000] [--threads 1,2]
//
// TEXT has one sentence per line with lowercase tokens separated by spaces, so that both programs see the same words.
// fastText (Debian: `apt install fasttext`) is optional.
//
// Published: Bojanowski et al. (2017), section 4.3, 105,000 words a second and thread with n-grams and 145,000 without,
// on English Wikipedia, dimension 300, 2 million buckets, on a processor that they do not name.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  fail,
  interleave,
  machine,
  median,
  note,
  plusMinus,
  seqtag,
  spread,
  table,
  thousands,
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '2' },
    fasttext: { type: 'string', default: 'fasttext' },
    buckets: { type: 'string', default: '200000' },
    threads: { type: 'string', default: '1,2' },
  },
});
const [text = ''] = positionals;
if (!existsSync(text)) fail('Give a text, a sentence a line.');
const { epochs, buckets, fasttext } = values;
const folder = mkdtempSync(join(tmpdir(), 'seqtag-embed-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const threads = values.threads.split(',');

/**
 * Words a second, by the clock and by the processors' time (what counts where others work on them), and the loss of the
 * last epoch; fastText tells its mean over all.
 * @typedef {{ clock: number; processor: number; loss: number }} Result
 */
/** @type {Record<string, Result[]>} */
const found = {};

/** @param {string} name @param {Result} result */
function keep(name, result) {
  found[name] = [...(found[name] ?? []), result];
}

/** Seconds of processor time that children have taken. @param {() => void} work */
function childSeconds(work) {
  const read = () => {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[13]) + Number(fields[14])) / 100;
  };
  const before = read();
  work();
  return read() - before;
}

/** @param {string} name @param {string} backend @param {string} count */
const ours = (name, backend, count) => () => {
  const run = (/** @type {string} */ passes) => {
    let out = '';
    const seconds = childSeconds(() => {
      const flags = ['--input', 'horizontal', '--min-count', '5', '--backend', backend];
      const args = [seqtag, 'embed', text, '-o', join(folder, 'o.bin'), '--json', '--quiet'];
      const numbers = ['--threads', count, '--epochs', passes, '--buckets', buckets];
      const child = spawnSync(process.execPath, [...args, ...flags, ...numbers], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      });
      if (child.status !== 0) fail(child.stderr);
      out = child.stdout;
    });
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { seconds, events };
  };
  const long = run(String(1 + Number(epochs)));
  const short = run('1');
  const start = long.events.find(({ type }) => type === 'start');
  const last = long.events.findLast(({ type }) => type === 'epoch');
  const words = start.covered * start.tokens;
  const result = {
    clock: last.tokensPerSecond,
    processor: (words * Number(epochs)) / (long.seconds - short.seconds),
    loss: last.loss,
  };
  keep(name, result);
  return result.clock;
};

/** @param {string} name @param {string} count */
const peer = (name, count) => () => {
  const run = (/** @type {string} */ passes) => {
    let out = '';
    const seconds = childSeconds(() => {
      const args = ['skipgram', '-input', text, '-output', join(folder, 'f')];
      const numbers = ['-thread', count, '-epoch', passes, '-bucket', buckets];
      const child = spawnSync(fasttext, [...args, ...numbers], { encoding: 'utf8' });
      if (child.status !== 0) fail(`${fasttext}: ${child.stderr}`);
      out = child.stderr + child.stdout;
    });
    return { seconds, out };
  };
  const long = run(String(1 + Number(epochs)));
  const short = run('1');
  const of = (/** @type {RegExp} */ pattern, /** @type {string} */ where) =>
    Number([...where.matchAll(pattern)].at(-1)?.[1]);
  const result = {
    clock: of(/words\/sec\/thread:\s*(\d+)/g, long.out) * Number(count),
    processor: (tokens * Number(epochs)) / (long.seconds - short.seconds),
    loss: of(/avg\.loss:\s*([\d.]+)/g, long.out),
  };
  keep(name, result);
  return result.clock;
};

// tokens in the vocabulary of words that are there five times
const counts = new Map();
for (const word of readFileSync(text, 'utf8').split(/\s+/))
  if (word) counts.set(word, (counts.get(word) ?? 0) + 1);
const tokens = [...counts.values()].reduce((sum, n) => sum + (n >= 5 ? n : 0), 0);

const hasPeer = spawnSync(fasttext, []).error === undefined;
if (!hasPeer) note(`no ${fasttext}: measuring without`);
/** @type {Record<string, () => number>} */
const jobs = {};
for (const count of threads) {
  jobs[`native, ${count}`] = ours(`native, ${count}`, 'native', count);
  if (hasPeer) jobs[`fastText, ${count}`] = peer(`fastText, ${count}`, count);
}
jobs['wasm, 1'] = ours('wasm, 1', 'wasm', '1');

console.log(`${machine()}; ${tokens} tokens in the vocabulary, ${buckets} buckets\n`);
const results = await interleave(jobs, Number(values.rounds), note);
const best = hasPeer
  ? Math.max(...threads.map((n) => median(results[`fastText, ${n}`] ?? [])))
  : Number.NaN;
const bestByProcessor = hasPeer
  ? median((found['fastText, 1'] ?? []).map(({ processor }) => processor))
  : Number.NaN;
console.log(
  table(
    [
      'threads',
      'words/s',
      "to the peer's best",
      'noise',
      'words/s of processor time',
      'to the peer',
      'loss',
    ],
    Object.entries(results).map(([name, all]) => {
      const processor = median((found[name] ?? []).map((result) => result.processor));
      return [
        name,
        thousands(median(all)),
        (median(all) / best).toFixed(2),
        plusMinus(spread(all)),
        thousands(processor),
        (processor / bestByProcessor).toFixed(2),
        median((found[name] ?? []).map(({ loss }) => loss)).toFixed(3),
      ];
    }),
  ),
);
