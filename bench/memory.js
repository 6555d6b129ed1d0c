// @ts-check
// Memory over a long stream: text with a long tail of words goes through `seqtag tag`, and its resident memory is read
// every second. Nothing is written to disk; what comes out is counted line by line.
//
// node bench/memory.js [MODEL] [--mb 1024] [--inputs text,columns,horizontal] [--threads N] [--backend native|wasm]
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  defaultModel,
  fail,
  feed,
  machine,
  median,
  note,
  seqtag,
  significant,
  table,
  thousands,
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mb: { type: 'string', default: '1024' },
    inputs: { type: 'string', default: 'text,columns' },
    threads: { type: 'string' },
    backend: { type: 'string' },
  },
});
const [model = defaultModel] = positionals;
if (!existsSync(model)) fail(`${model}: no such file. Give a model.`);
const bytes = Number(values.mb) * 1e6;
const LIMIT = 200; // MB

/** A linear congruential generator: the same text every time. @param {number} seed */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const consonants = 'bdfgklmnprstvz';
const vowels = 'aeiou';
/** The n-th of endlessly many pronounceable words, of six letters or more. @param {number} n */
function word(n) {
  let text = '';
  for (let rest = n, i = 0; rest > 0 || i < 3; rest = Math.floor(rest / 70), i++)
    text += (consonants[rest % 14] ?? '') + (vowels[Math.floor((rest % 70) / 14)] ?? '');
  return text;
}

/**
 * Sentences over 50,000 words by Zipf's law; one word of each is a new one of a million more, so that every cache turns
 * over. Chunks of about 64 KB; `tokens` and `lines` (of tagged output) count along.
 * @param {'text' | 'columns' | 'horizontal'} input
 * @param {{ tokens: number; lines: number; bytes: number }} count
 */
function* stream(input, count) {
  const random = randomFrom(1);
  const joint = input === 'columns' ? '\n' : ' ';
  const end = { text: '.', columns: '\n.\n', horizontal: ' .\n' }[input];
  /** @param {string} text */
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const templates = Array.from({ length: 4000 }, () => {
    const length = 4 + Math.floor(random() * 30);
    const words = Array.from({ length }, () => word(Math.floor(50_000 ** random())));
    words[0] = capital(words[0] ?? '');
    const at = 1 + Math.floor(random() * (length - 1));
    return {
      before: words.slice(0, at).join(joint) + joint,
      after: [...words.slice(at), ''].join(joint).trimEnd() + end,
      tokens: length + 2,
    };
  });
  // A third are long, as compounds and names are: V8 keeps a slice of 13 units or more as a pointer into its text.
  const fresh = () => {
    const one = word(50_000 + Math.floor(random() * 1e6));
    return random() < 1 / 3 ? one + word(Math.floor(random() * 1e6)) : one;
  };
  let sentences = 0;
  while (count.bytes < bytes) {
    let chunk = '';
    while (chunk.length < 65_536) {
      const { before, after, tokens } =
        templates[Math.floor(random() * templates.length)] ?? fail('no text');
      chunk += before + fresh() + joint + after;
      // in text, a paragraph has five sentences; in columns, a blank line ends each
      if (input === 'text') chunk += ++sentences % 5 === 0 ? '\n\n' : ' ';
      if (input === 'columns') chunk += '\n';
      count.tokens += tokens;
      count.lines += tokens + 1;
    }
    count.bytes += chunk.length;
    yield chunk;
  }
}

/** VmRSS in MB. @param {number | undefined} pid */
function resident(pid) {
  try {
    return (
      Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
    );
  } catch {
    return Number.NaN;
  }
}

/** @param {'text' | 'columns' | 'horizontal'} input */
async function measure(input) {
  const count = { tokens: 0, lines: 0, bytes: 0 };
  const args = [
    seqtag,
    'tag',
    '-m',
    model,
    '--input',
    input,
    '--output',
    'columns',
    ...(input === 'columns' ? ['--token-column', '0'] : []),
    ...(values.threads ? ['--threads', values.threads] : []),
    ...(values.backend ? ['--backend', values.backend] : []),
  ];
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let lines = 0;
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
  });
  /** @type {number[]} */
  const samples = [];
  let ticks = 0;
  const timer = setInterval(() => {
    const now = resident(child.pid);
    if (Number.isFinite(now)) samples.push(now);
    if (++ticks % 15 === 0)
      note(
        `${input}: ${Math.round(count.bytes / 1e6)} of ${Math.round(bytes / 1e6)} MB, ${Math.round(now)} MB resident`,
      );
  }, 1000);
  const closed = new Promise((resolve) => child.on('close', resolve));
  await feed(child.stdin, stream(input, count));
  const code = await closed;
  clearInterval(timer);
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) fail(`seqtag tag: exit code ${code}`);
  if (lines !== count.lines) fail(`${input}: ${lines} lines came out, expected ${count.lines}`);
  return { samples, seconds, ...count };
}

console.log(`${machine()}\n`);
/** @type {string[][]} */
const rows = [];
/** @type {string[]} */
const verdicts = [];
for (const name of values.inputs.split(',')) {
  if (name !== 'text' && name !== 'columns' && name !== 'horizontal')
    fail(`--inputs ${name}: expected text, columns or horizontal.`);
  const { samples, seconds, tokens, lines, bytes: written } = await measure(name);
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const middle = Math.floor((samples.length - tenth) / 2);
  const parts = [
    samples.slice(0, tenth),
    samples.slice(middle, middle + tenth),
    samples.slice(-tenth),
  ];
  rows.push([
    name,
    String(Math.round(written / 1e6)),
    `${significant(tokens / 1e6)}M`,
    `${significant(lines / 1e6)}M, as expected`,
    thousands(tokens / seconds),
    ...parts.map((part) =>
      [Math.min(...part), median(part), Math.max(...part)].map((x) => x.toFixed(0)).join(' / '),
    ),
    Math.max(...samples).toFixed(0),
  ]);
  const [, mid = [], last = []] = parts;
  const growth = median(last) / median(mid) - 1;
  const top = Math.max(...samples);
  verdicts.push(
    `${name}: from the middle to the last tenth ${growth >= 0 ? '+' : ''}${(growth * 100).toFixed(1)} %, at most ${top.toFixed(0)} MB (target flat, under ${LIMIT} MB: ${top < LIMIT && growth < 0.05 ? 'reached' : 'missed'})`,
  );
}
console.log(
  table(
    [
      'input',
      'MB',
      'tokens',
      'lines out',
      'tokens/s',
      'first tenth: min / median / max MB',
      'middle tenth',
      'last tenth',
      'most',
    ],
    rows,
  ),
);
console.log(`\n${verdicts.join('\n')}`);
