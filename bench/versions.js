// @ts-check
// Training by this version and by another built checkout, in turns: tokens a second, and tokens a second of the
// processors' time, which tells more where other work runs. Where the machine has it, by this version's --bfloat16 too.
//
// node bench/versions.js OTHER TRAIN [--rounds 5] [--epochs 4] [--sentences 3000] [--threads 1,2] [--quiet 0]
//
// OTHER: the checkout's folder. Both train with hidden 100 and the defaults of hyperparameters without a recipe, on
// the first sentences of TRAIN (0: all). --quiet N waits before each run, at most N seconds, until the machine is
// otherwise idle.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { hasBfloat16 } from '../dist/backend/backend.js';
import {
  fail,
  interleave,
  machine,
  median,
  note,
  plusMinus,
  quiet,
  run,
  spread,
  table,
  thousands,
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '4' },
    sentences: { type: 'string', default: '3000' },
    threads: { type: 'string', default: '1,2' },
    quiet: { type: 'string', default: '0' },
    job: { type: 'string' },
  },
});
const [other, corpus] = positionals;
if (!other || !corpus) fail('usage: node bench/versions.js OTHER TRAIN');

/** @typedef {{ threads: number; products: 'single' | 'bfloat16' }} Setting */

/** Medians over the epochs after the first, in which V8 still compiles. @param {Setting} setting */
async function job(setting) {
  const load = (/** @type {string} */ file) =>
    import(pathToFileURL(join(resolve(/** @type {string} */ (other)), 'dist/training', file)).href);
  const { train } = /** @type {typeof import('../dist/training/train.js')} */ (
    await load('train.js')
  );
  const { checkHyperparameters } = /** @type {typeof import('../dist/training/settings.js')} */ (
    await load('settings.js').catch(() => load('hyperparameters.js')) // where it was before 0.2
  );
  const folder = mkdtempSync(join(tmpdir(), 'versions-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  /** @type {{ rate: number; perProcessor: number }[]} */
  const epochs = [];
  let before = process.cpuUsage();
  let tokens = 0;
  for await (const event of train({
    corpora: [/** @type {string} */ (corpus)],
    output: join(folder, 'model.safetensors'),
    hyperparameters: checkHyperparameters(
      { hidden: 100, epochs: Number(values.epochs), patience: Number(values.epochs) },
      'bench',
    ),
    ...setting,
  })) {
    if (event.type === 'start') tokens = event.train.tokens;
    if (event.type !== 'epoch') continue;
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    epochs.push({ rate: event.tokensPerSecond, perProcessor: (1e6 * tokens) / (user + system) });
  }
  const of = (/** @type {'rate' | 'perProcessor'} */ key) =>
    median(epochs.slice(1).map((epoch) => epoch[key]));
  return { rate: of('rate'), perProcessor: of('perProcessor') };
}

if (values.job) {
  console.log(JSON.stringify(await job(JSON.parse(values.job))));
  process.exit();
}

const folder = mkdtempSync(join(tmpdir(), 'versions-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const part = join(folder, `train${extname(corpus)}`);
const most = Number(values.sentences) || Number.POSITIVE_INFINITY;
const sentences = readFileSync(corpus, 'utf8')
  .trim()
  .split(/\r?\n\r?\n/)
  .slice(0, most);
writeFileSync(part, `${sentences.join('\n\n')}\n\n`);

const own = fileURLToPath(new URL('..', import.meta.url));
const single = /** @type {const} */ ('single');
const bfloat16 = /** @type {const} */ ('bfloat16');
const versions = [
  { version: 'other', checkout: other, products: single },
  { version: 'this', checkout: own, products: single },
  ...(hasBfloat16() ? [{ version: 'this, --bfloat16', checkout: own, products: bfloat16 }] : []),
];
/** @param {string} version @param {string} threads */
const nameOf = (version, threads) => `${version}, ${threads} thread${threads === '1' ? '' : 's'}`;
/** @type {Record<string, number[]>} */
const perProcessor = {};
/** @type {Record<string, () => Promise<number>>} */
const jobs = {};
const cases = values.threads
  .split(',')
  .flatMap((threads) => versions.map((version) => ({ ...version, threads })));
for (const { version, checkout, products, threads } of cases) {
  const name = nameOf(version, threads);
  perProcessor[name] = [];
  jobs[name] = async () => {
    await quiet(Number(values.quiet));
    const text = await run(process.execPath, [
      ...[fileURLToPath(import.meta.url), checkout, part, '--epochs', values.epochs],
      ...['--job', JSON.stringify({ threads: Number(threads), products })],
    ]);
    const result = JSON.parse(text);
    perProcessor[name]?.push(result.perProcessor);
    return result.rate;
  };
}
console.log(`${machine()}; ${sentences.length} sentences\n`);
const rates = await interleave(jobs, Number(values.rounds), note);

/** A rate, its noise, and each round's ratio to the other version in the same round. @param {number[]} own @param {number[]} others */
const cells = (own, others) => [
  thousands(median(own)),
  plusMinus(spread(own)),
  own === others ? '' : median(own.map((rate, i) => rate / (others[i] ?? 0))).toFixed(2),
];
console.log(
  table(
    [
      ...['training', 'tokens/s', 'noise', 'to the other'],
      ...['tokens/s of a processor', 'noise', 'to the other'],
    ],
    cases.map(({ version, threads }) => {
      const name = nameOf(version, threads);
      const base = nameOf('other', threads);
      return [
        name,
        ...cells(rates[name] ?? [], rates[base] ?? []),
        ...cells(perProcessor[name] ?? [], perProcessor[base] ?? []),
      ];
    }),
  ),
);
