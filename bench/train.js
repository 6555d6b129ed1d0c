// @ts-check
// Training and tagging, in tokens a second, against a PyTorch BiLSTM tagger: runs of both take turns, and the peer's
// best setting (one or two threads, OpenBLAS's kernels) counts.
//
// node bench/train.js TRAIN.conllu DEV.conllu --peer torch_bilstm.py
//   [--python python3] [--rounds 3] [--epochs 3] [--steps 150] [--million 3] [--quiet 0] [--no-train] [--no-tag]
//
// --quiet N waits before each run, at most N seconds, until the machine is otherwise idle.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hasNative } from '../dist/backend/backend.js';
import { readCorpus } from '../dist/corpus/index.js';
import { loadTagger } from '../dist/tagging/tagger.js';
import { checkHyperparameters } from '../dist/training/settings.js';
import { train } from '../dist/training/train.js';
import {
  atLeast,
  fail,
  horizontal,
  interleave,
  machine,
  median,
  note,
  openblasCores,
  plusMinus,
  quiet,
  run,
  runPeer,
  seqtag,
  spread,
  table,
  tagCommand,
  thousands,
  time,
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    peer: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '3' },
    steps: { type: 'string', default: '150' },
    million: { type: 'string', default: '3' },
    quiet: { type: 'string', default: '0' },
    train: { type: 'boolean', default: true },
    tag: { type: 'boolean', default: true },
    job: { type: 'string' },
  },
});
const [corpus, dev] = positionals;
if (!corpus || !dev) fail('usage: node bench/train.js TRAIN DEV --peer torch_bilstm.py');

/** @typedef {{ threads: number; backend: 'native' | 'wasm'; model: string }} Setting */
/** @typedef {{ first: number; fresh: number; kept: number }} TagRates tokens a second */

/** Tokens a second in the epochs after the first, in which V8 still compiles. @param {Setting} setting */
async function trainJob({ threads, backend, model }) {
  const hyperparameters = checkHyperparameters(
    { hidden: 100, epochs: Number(values.epochs) },
    'bench',
  );
  /** @type {number[]} */
  const rates = [];
  for await (const event of train({
    corpora: [/** @type {string} */ (corpus)],
    dev,
    output: model,
    hyperparameters,
    threads,
    backend,
  }))
    if (event.type === 'epoch') rates.push(event.tokensPerSecond);
  return median(rates.slice(1));
}

/** The dev set's sentences to tags, strings to strings. @param {Setting} setting @returns {Promise<TagRates>} */
async function tagJob({ threads, backend, model }) {
  const sentences = (await readCorpus(/** @type {string} */ (dev), { gold: true })).map(
    ({ tokens }) => tokens,
  );
  const tokens = sentences.reduce((sum, { length }) => sum + length, 0);
  /** @type {number[]} */
  const fresh = [];
  /** @type {number[]} */
  const kept = [];
  const tagger = loadTagger(model, { threads, backend });
  tagger.tag(Array.from({ length: 256 }, () => ['a'])); // starts the threads
  await new Promise((resolve) => setTimeout(resolve, 200));
  const rate = () => tokens / time(() => tagger.tag(sentences));
  const first = rate();
  for (let pass = 0; pass < 12; pass++) {
    // More new words than the cache holds drive all others out.
    tagger.tag(
      Array.from({ length: 2000 }, (_, i) =>
        Array.from({ length: 20 }, (_, j) => `x${pass}.${i}.${j}`),
      ),
    );
    fresh.push(rate());
    kept.push(rate());
  }
  await tagger.close();
  return { first, fresh: median(fresh.slice(3)), kept: median(kept.slice(3)) };
}

if (values.job) {
  const { kind, ...setting } = JSON.parse(values.job);
  console.log(JSON.stringify(await (kind === 'train' ? trainJob(setting) : tagJob(setting))));
  process.exit();
}

const text = await horizontal(dev);
const scratch = mkdtempSync(join(tmpdir(), 'seqtag-bench-'));
const model = join(scratch, 'model.safetensors');
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const rounds = Number(values.rounds);
const threadCounts = availableParallelism() > 1 ? [1, 2] : [1];
const kinds = /** @type {('native' | 'wasm')[]} */ (hasNative() ? ['native', 'wasm'] : ['wasm']);

/** Runs a job in a separate process. @param {'train' | 'tag'} kind @param {Setting} setting */
async function job(kind, setting) {
  const text = await run(process.execPath, [
    fileURLToPath(import.meta.url),
    corpus ?? '',
    dev ?? '',
    '--epochs',
    values.epochs,
    '--job',
    JSON.stringify({ kind, ...setting }),
  ]);
  return JSON.parse(text);
}

console.log(`${machine()}\n`);
/** @type {Record<string, { train: number[]; tag: number[] }>} */
const peers = {};
/** @type {Record<string, TagRates[]>} */
const tagged = {};
/** @type {Record<string, () => Promise<number>>} */
const jobs = {};
/** @param {string} kind @param {number} threads */
const nameOf = (kind, threads) => `${kind}, ${threads} thread${threads > 1 ? 's' : ''}`;

if (values.train)
  for (const backend of kinds)
    for (const threads of threadCounts) {
      const setting = {
        threads,
        backend,
        model: backend === 'native' ? model : `${model}-${backend}`,
      };
      jobs[`train ${nameOf(backend, threads)}`] = () => job('train', setting);
    }
if (values.peer)
  for (const core of openblasCores())
    for (const threads of threadCounts) {
      const name = nameOf(`PyTorch${core && `, OpenBLAS as ${core}`}`, threads);
      peers[name] = { train: [], tag: [] };
      jobs[name] = async () => {
        const rates = await runPeer({ ...values, corpus, dev, threads, core });
        peers[name]?.train.push(rates.train);
        peers[name]?.tag.push(rates.tag);
        return rates.train;
      };
    }
if (!values.train)
  await job('train', { threads: threadCounts.length, backend: kinds[0] ?? 'wasm', model });
if (values.tag)
  for (const backend of kinds)
    for (const threads of threadCounts) {
      const name = nameOf(backend, threads);
      const setting = {
        threads,
        backend,
        model: existsSync(model) || hasNative() ? model : `${model}-wasm`,
      };
      jobs[`tag ${name}`] = async () => {
        const rates = /** @type {TagRates} */ (await job('tag', setting));
        tagged[name] = [...(tagged[name] ?? []), rates];
        return rates.fresh;
      };
      if (existsSync(seqtag))
        jobs[`command ${name}`] = () =>
          tagCommand(text, { ...setting, million: Number(values.million) });
    }

const wait = Number(values.quiet);
const waiting = Object.entries(jobs).map(([name, measure]) => [
  name,
  async () => {
    await quiet(wait);
    return measure();
  },
]);
const results = await interleave(
  /** @type {typeof jobs} */ (Object.fromEntries(waiting)),
  rounds,
  note,
);
const bestOf = {
  train: Math.max(0, ...Object.values(peers).map((rates) => median(rates.train))),
  tag: Math.max(0, ...Object.values(peers).map((rates) => median(rates.tag))),
};
/** @param {string} name @param {number[]} rates @param {number} peer */
const cells = (name, rates, peer) => [
  name,
  thousands(median(rates)),
  peer ? (median(rates) / peer).toFixed(2) : '',
  plusMinus(spread(rates)),
];
const head = ['tokens a second', 'median', "to the peer's best", 'noise'];

if (values.train) {
  const ours = Object.entries(results).filter(([name]) => name.startsWith('train '));
  console.log(
    table(
      [`training: ${head[0]}`, ...head.slice(1)],
      [
        ...ours.map(([name, rates]) => cells(name.slice(6), rates, bestOf.train)),
        ...Object.entries(peers).map(([name, { train }]) => cells(name, train, bestOf.train)),
      ],
    ),
  );
  const top = Math.max(...ours.map(([, rates]) => median(rates)));
  if (bestOf.train)
    console.log(`\ntraining: our best against the peer's best ${atLeast(top / bestOf.train, 8)}\n`);
}
if (values.tag) {
  const network = Object.entries(tagged).flatMap(([name, rates]) => [
    cells(
      `${name}: words new to the cache`,
      rates.map(({ fresh }) => fresh),
      bestOf.tag,
    ),
    cells(
      `${name}: words in the cache`,
      rates.map(({ kept }) => kept),
      bestOf.tag,
    ),
    cells(
      `${name}: first pass of a process`,
      rates.map(({ first }) => first),
      bestOf.tag,
    ),
  ]);
  const commands = Object.entries(results).filter(([name]) => name.startsWith('command '));
  console.log(
    table(
      [`tagging: ${head[0]}`, ...head.slice(1)],
      [
        ...network,
        ...commands.map(([name, rates]) =>
          cells(`${name.slice(8)}: the command, text to text`, rates, bestOf.tag),
        ),
        ...Object.entries(peers).map(([name, { tag }]) => cells(name, tag, bestOf.tag)),
      ],
    ),
  );
  if (bestOf.tag) {
    const top = Math.max(
      ...Object.values(tagged).map((rates) => median(rates.map(({ fresh }) => fresh))),
    );
    console.log(
      `\ntagging, words new to the cache: our best against the peer's best ${atLeast(top / bestOf.tag, 8)}`,
    );
    if (commands.length > 0)
      console.log(
        `tagging by the command: our best against the peer's best ${atLeast(Math.max(...commands.map(([, rates]) => median(rates))) / bestOf.tag, 8)}`,
      );
  }
}
