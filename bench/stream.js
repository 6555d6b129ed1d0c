// @ts-check
// Tagging as a filter: `seqtag tag --input horizontal --output columns`, DEV repeated, text to text with the start of the
// process, on 1 and 2 threads, native (in 32 bits, and with --bfloat16 where the machine has it) and wasm, beside what its pieces cost alone and, if given, a peer. Of two models:
// the bundled en-upos, and a softmax one of hidden 100 without features that is trained here for an epoch.
//
// node bench/stream.js TRAIN DEV [--peer torch_bilstm.py] [--python python3] [--steps 20]
//   [--rounds 3] [--million 10] [--quiet 0]
//
// --quiet N waits before each run, at most N seconds, until the machine is otherwise idle.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hasBfloat16, hasNative } from '../dist/backend/backend.js';
import { tokenLines } from '../dist/corpus/formats/token-lines.js';
import { tokenLineWriter } from '../dist/corpus/index.js';
import { createByteLexicon } from '../dist/tagging/lexicon.js';
import { loadTagger } from '../dist/tagging/tagger.js';
import {
  atLeast,
  defaultModel,
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
  significant,
  spread,
  table,
  tagCommand,
  thousands,
  time,
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    steps: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    million: { type: 'string', default: '10' },
    quiet: { type: 'string', default: '0' },
    job: { type: 'string' },
  },
});
const [corpus = '', dev = ''] = positionals;
if (!dev) fail('usage: node bench/stream.js TRAIN DEV [--peer torch_bilstm.py]');
const text = await horizontal(dev);

/**
 * Measures each stage separately, in one thread: tokens per second, with known words.
 * @param {string} model
 */
async function pieces(model) {
  const tagger = loadTagger(model, { threads: 1 });
  const most = tagger.maxTokens;
  const read = () => [...tokenLines(text.bytes, { file: dev, line: 1, most })];
  const batches = read();
  const ids = new Int32Array(most);
  const lexicon = createByteLexicon();
  let types = 0;
  const find = () => {
    for (const batch of batches) types += lexicon.number(batch, ids, types).length;
  };
  find();
  const write = tokenLineWriter();
  const tags = batches.map((batch) => tagger.beginLines(batch)());
  const work = {
    'reading: bytes to tokens': read,
    'tokens to word types': find,
    'word types, network, names of tags': () => {
      for (const batch of batches) tagger.beginLines(batch)();
    },
    'writing: tokens and tags to bytes': () => {
      batches.forEach((batch, i) => {
        write(batch, tags[i] ?? []);
      });
    },
  };
  /** @type {Record<string, number>} */
  const rates = {};
  for (const [name, job] of Object.entries(work)) {
    time(job, 20);
    rates[name] = text.tokens / median(Array.from({ length: 20 }, () => time(job)));
  }
  await tagger.close();
  return rates;
}

if (values.job) {
  console.log(JSON.stringify(await pieces(values.job)));
  process.exit();
}

console.log(`${machine()}\n`);
const scratch = mkdtempSync(join(tmpdir(), 'seqtag-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const plain = join(scratch, 'plain.safetensors');
await run(process.execPath, [
  ...[seqtag, 'train', corpus, '-o', plain, '--hidden', '100', '--epochs', '1', '--quiet'],
  ...['--features', 'none'],
]);
const models = { 'en-upos': defaultModel, 'softmax without features': plain };
const fast = hasBfloat16() ? ['native --bfloat16'] : [];
const exact = hasNative() ? ['native', 'wasm'] : ['wasm'];
const kinds = [...fast, ...exact];
const threadCounts = availableParallelism() > 1 ? [1, 2] : [1];
/** @param {number} n */
const threadsText = (n) => `${n} thread${n > 1 ? 's' : ''}`;

/** @type {Record<string, () => Promise<number>>} */
const jobs = {};
/** @type {Record<string, Record<string, number>[]>} */
const alone = {};
for (const [name, model] of Object.entries(models)) {
  for (const backend of kinds)
    for (const threads of threadCounts)
      jobs[`${name}: ${backend}, ${threadsText(threads)}`] = () =>
        tagCommand(text, { threads, backend, model, million: Number(values.million) });
  alone[name] = [];
  jobs[`${name}: pieces`] = async () => {
    const out = await run(process.execPath, [
      ...[fileURLToPath(import.meta.url), corpus, dev, '--job', model],
    ]);
    alone[name]?.push(JSON.parse(out));
    return 0;
  };
}
if (values.peer)
  for (const core of openblasCores())
    for (const threads of threadCounts)
      jobs[`PyTorch${core && `, OpenBLAS as ${core}`}, ${threadsText(threads)}`] = async () =>
        (await runPeer({ ...values, corpus, dev, threads, core })).tag;

const waiting = Object.fromEntries(
  Object.entries(jobs).map(([name, measure]) => [
    name,
    async () => {
      await quiet(Number(values.quiet));
      return measure();
    },
  ]),
);
const results = await interleave(waiting, Number(values.rounds), note);
/** @param {string} name */
const rate = (name) => median(results[name] ?? []);
const peers = Object.keys(results).filter((name) => name.startsWith('PyTorch'));
const peer = Math.max(0, ...peers.map(rate));
/** @param {string} name @param {number[]} rates */
const row = (name, rates) => [
  name,
  thousands(median(rates)),
  peer ? (median(rates) / peer).toFixed(2) : '',
  plusMinus(spread(rates)),
];
console.log(
  table(
    ['tokens a second', 'median', "to the peer's best", 'noise'],
    [
      ...Object.entries(results)
        .filter(([name]) => !name.endsWith(': pieces'))
        .map(([name, rates]) => row(name, rates)),
      ...Object.entries(alone).flatMap(([model, all]) =>
        Object.keys(all[0] ?? {}).map((name) =>
          row(
            `${model}, alone: ${name}`,
            all.map((rates) => rates[name] ?? 0),
          ),
        ),
      ),
    ],
  ),
);
for (const name of Object.keys(models)) {
  const of = (/** @type {string} */ kind, /** @type {number} */ threads) =>
    rate(`${name}: ${kind}, ${threadsText(threads)}`);
  const best = (/** @type {string[]} */ kinds) =>
    Math.max(...kinds.flatMap((kind) => threadCounts.map((n) => of(kind, n))));
  console.log(`\n${name}: ${thousands(best(exact))} tokens a second at best`);
  if (peer) console.log(`${name}: to the peer's best ${atLeast(best(exact) / peer, 10)}`);
  if (fast.length > 0) {
    console.log(`${name}, --bfloat16: millions of tokens a second ${atLeast(best(fast) / 1e6, 1)}`);
    if (peer)
      console.log(`${name}, --bfloat16: to the peer's best ${significant(best(fast) / peer)}`);
  }
  if (threadCounts.length > 1)
    for (const kind of kinds)
      console.log(`${name}, ${kind}: 2 threads to 1 ${atLeast(of(kind, 2) / of(kind, 1), 1.7)}`);
  if (hasNative())
    console.log(
      `${name}, 1 thread: wasm to native ${atLeast(of('wasm', 1) / of('native', 1), 0.25)}`,
    );
}
