// @ts-check Common functions of the scripts: description of the machine, interleaved repetitions, medians, tables.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { readCorpus } from '../dist/corpus/index.js';

export const seqtag = fileURLToPath(new URL('../bin/seqtag.js', import.meta.url));
export const defaultModel = fileURLToPath(
  new URL('../models/en-upos.safetensors', import.meta.url),
);

/** A property of the first processor, from Linux. @param {string} key */
function cpuInfo(key) {
  try {
    return (
      new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm').exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ??
      ''
    );
  } catch {
    return '';
  }
}
const flags = new Set(cpuInfo('flags').split(' '));

/** CPU (with its family and model, as virtual machines hide the name), cores, instruction sets, Node, load. */
export function machine() {
  const name = cpus()[0]?.model.trim() ?? 'unknown processor';
  const family =
    cpuInfo('cpu family') && ` (family ${cpuInfo('cpu family')}, model ${cpuInfo('model')})`;
  const isa = ['sse2', 'avx2', 'fma', 'avx512f', 'avx512vl'].filter((flag) => flags.has(flag));
  const load = loadavg().map((x) => x.toFixed(1));
  return [
    [`${name}${family}`, `${availableParallelism()} cores`, [process.arch, ...isa].join(' ')].join(
      ', ',
    ),
    `Node ${process.version}`,
    `load average before ${load.join(' ')}`,
  ].join('; ');
}

/**
 * Values of OPENBLAS_CORETYPE to try: its default, and AVX-512, which it does not detect on processors newer than
 * itself.
 */
export const openblasCores = () => ['', ...(flags.has('avx512f') ? ['SkylakeX'] : [])];

/** @param {number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at % 1);
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * The noise of a run: half the interquartile range, as a fraction of the median.
 * @param {number[]} values
 */
export const spread = (values) =>
  (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values);

/** The idle fraction of the processors' time during `seconds`. @param {number} seconds */
async function idle(seconds) {
  const count = () => {
    const all = cpus().map(({ times }) => times);
    return [
      all.reduce((sum, times) => sum + times.idle, 0),
      all.reduce((sum, times) => sum + Object.values(times).reduce((a, b) => a + b, 0), 0),
    ];
  };
  const [idle0 = 0, all0 = 0] = count();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const [idle1 = 0, all1 = 0] = count();
  return (idle1 - idle0) / (all1 - all0);
}

/** Waits until the machine is idle, for at most this many seconds. @param {number} most */
export async function quiet(most) {
  const end = performance.now() + most * 1000;
  while (performance.now() < end && (await idle(1)) < 0.93);
}

/**
 * Runs every job once in each round, so that disturbances of the machine affect all jobs alike.
 * @template {string} Name
 * @param {Record<Name, () => number | Promise<number>>} jobs each returns its measurement
 * @param {number} rounds
 * @param {(text: string) => void} [progress]
 * @returns {Promise<Record<Name, number[]>>}
 */
export async function interleave(jobs, rounds, progress) {
  const names = /** @type {Name[]} */ (Object.keys(jobs));
  const results = /** @type {Record<Name, number[]>} */ (
    Object.fromEntries(names.map((name) => [name, /** @type {number[]} */ ([])]))
  );
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      const value = await jobs[name]();
      results[name].push(value);
      progress?.(`round ${round + 1}/${rounds}, ${name}: ${significant(value)}`);
    }
  return results;
}

/** @param {() => void} work @param {number} [times] @returns seconds for one */
export function time(work, times = 1) {
  const began = performance.now();
  for (let i = 0; i < times; i++) work();
  return (performance.now() - began) / 1000 / times;
}

/**
 * As `time`, in processor time of this process, which depends less on other work on the machine. @param {() => void}
 * work @param {number} [times]
 */
export function cpuTime(work, times = 1) {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / times;
}

/** Repetitions that fill `seconds`. @param {() => void} work @param {number} seconds */
export function repetitions(work, seconds) {
  let times = 1;
  for (;;) {
    const took = time(work, times) * times;
    if (took >= seconds / 4) return Math.max(1, Math.ceil((times * seconds) / took));
    times *= 2;
  }
}

/**
 * A Markdown table, its columns aligned; the first column to the left, the others to the right.
 * @param {string[]} head
 * @param {string[][]} rows
 */
export function table(head, rows) {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  /** @param {string[]} cells */
  const line = (cells) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** @param {number} x */
export const percent = (x) => `${(x * 100).toFixed(x < 0.0995 ? 1 : 0)} %`;
/** @param {number} x */
export const plusMinus = (x) => `±${(x * 100).toFixed(1)} %`;
/** @param {number} x */
export const significant = (x) => (Math.abs(x) >= 100 ? String(Math.round(x)) : x.toPrecision(3));
/** @param {number} x tokens a second, or any large count */
export const thousands = (x) => `${significant(x / 1000)}k`;

/** A measurement compared with its target. @param {number} ratio @param {number} least */
export const atLeast = (ratio, least) =>
  `${significant(ratio)} (target ${significant(least)}: ${ratio >= least ? 'reached' : 'missed'})`;

/** @param {string} text */
export function note(text) {
  process.stderr.write(`${text}\n`);
}

/** @param {string} why @returns {never} */
export function fail(why) {
  note(why);
  process.exit(2);
}

/**
 * Runs a program to its end; its standard error passes through.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>; input?: AsyncIterable<string | Uint8Array> | Iterable<string> }} [options]
 * @returns {Promise<string>} what it wrote
 */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'inherit'],
  });
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  const closed = once(child, 'close');
  if (options.input && child.stdin) await feed(child.stdin, options.input);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${code}`);
  return Buffer.concat(chunks).toString();
}

/**
 * Writes a stream with back-pressure, then ends it.
 * @param {import('node:stream').Writable} sink
 * @param {AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>} source
 */
export async function feed(sink, source) {
  let wake = () => {};
  sink.on('error', () => {}); // the reader's exit code shows the error
  sink.on('drain', () => wake()).on('close', () => wake());
  for await (const chunk of source) {
    if (sink.destroyed) break;
    if (sink.write(chunk)) continue;
    await new Promise((resolve) => {
      wake = () => resolve(undefined);
    });
  }
  sink.end();
}

/**
 * A labelled corpus as text, a sentence a line.
 * @param {string} file
 */
export async function horizontal(file) {
  const sentences = await readCorpus(file, { gold: true });
  const lines = sentences.map(
    ({ tokens }) => `${tokens.map((token) => token.replace(/\s/g, '_')).join(' ')}\n`,
  );
  return {
    bytes: Buffer.from(lines.join('')),
    sentences: sentences.length,
    tokens: sentences.reduce((sum, { tokens }) => sum + tokens.length, 0),
  };
}

/**
 * `seqtag tag --input horizontal --output columns`, from its start to its end: tokens a second.
 * @param {Awaited<ReturnType<typeof horizontal>>} text
 * @param {{ threads: number; backend: string; model: string; million: number }} setting `backend` as after --backend, other
 *   flags behind it; `million`: tokens, at least
 */
export async function tagCommand(
  { bytes, tokens, sentences },
  { threads, backend, model, million },
) {
  const copies = Math.ceil((million * 1e6) / tokens);
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...[seqtag, 'tag', '-m', model, '--input', 'horizontal', '--output', 'columns'],
      ...['--threads', String(threads), '--backend', ...backend.split(' ')],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let lines = 0;
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  await feed(
    child.stdin,
    Array.from({ length: copies }, () => bytes),
  );
  const code = await closed;
  const seconds = (performance.now() - began) / 1000;
  const expected = copies * (tokens + sentences);
  if (code !== 0 || lines !== expected)
    fail(`seqtag tag: exit code ${code}, ${lines} lines, expected ${expected}`);
  return (copies * tokens) / seconds;
}

/**
 * The peer trains some steps, then tags the dev set. Returns tokens per second of both. Spinning threads can become
 * very slow next to other work: such a run is ended after two minutes and counts as 0.
 * @param {{ peer?: string; python: string; steps: string; corpus: string; dev: string; threads: number; core: string }} options
 */
export async function runPeer({ peer = '', python, steps, corpus, dev, threads, core }) {
  try {
    const text = await run(
      'timeout',
      [
        ...['120', python, peer, corpus, dev, '--conllu', '--hidden', '100'],
        ...['--threads', String(threads), '--steps', steps],
      ],
      {
        env: {
          OPENBLAS_NUM_THREADS: String(threads),
          OMP_NUM_THREADS: String(threads),
          ...(threads > 1 && { OMP_WAIT_POLICY: 'PASSIVE' }),
          ...(core && { OPENBLAS_CORETYPE: core }),
        },
      },
    );
    const { train_tok_s, tag_tok_s } = JSON.parse(text.trim().split('\n').at(-1) ?? '');
    return { train: Number(train_tok_s), tag: Number(tag_tok_s) };
  } catch (error) {
    note(`peer, ${threads} threads: ${error instanceof Error ? error.message : error}`);
    return { train: 0, tag: 0 };
  }
}
