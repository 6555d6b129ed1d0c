// @ts-check
// Kills trainings at random moments and resumes them until the end. The model must have the bytes of one that was trained
// without a break.
//
// npm run fuzz:kills -- [--count 100] [--seed 1]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRandom } from './random.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'seqtag-kills-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** The first sentences of a corpus. @param {string} name @param {number} sentences */
function part(name, sentences) {
  const file = join(folder, name);
  const all = readFileSync(join(root, 'corpora', name), 'utf8').split(/\n\n/);
  writeFileSync(file, `${all.slice(0, sentences).join('\n\n')}\n\n`);
  return file;
}
const train = part('english.train.conll', 120);
const dev = part('english.dev.conll', 30);
const size = ['--hidden=12', '--word-dim=12', '--char-filters=8', '--char-dim=6', '--batch-size=8'];

/** Settings, one of each list. */
const choices = [
  ...[['--cell=lstm'], ['--cell=peephole'], ['--cell=coupled'], ['--cell=gru'], ['--cell=rnn']],
  ...[
    ['--cell=depth-gated', '--layers=2'],
    ['--cell=clockwork', '--periods=1,2,4'],
  ],
].map((cell) => ({ cell }));
const decoders = [['--decoder=softmax'], ['--decoder=crf'], ['--decoder=constrained']];
const others = [
  ['--dev', dev],
  ['--dev', dev, '--ensemble=2'],
  [], // a refit
  ['--dev', dev, '--char-dropout=0.1', '--word-dropout=0.1', '--bptt=random:0.2'],
  ['--dev', dev, '--lm-weight=0.1', '--optimizer=sgd', '--learning-rate=0.1'],
  ['--dev', dev, '--char-encoder=lstm', '--accumulate=2', '--schedule=plateau'],
];

/** @param {readonly string[]} args @param {number} [killAfter] in milliseconds */
async function seqtag(args, killAfter) {
  const child = spawn(process.execPath, [join(root, 'bin/seqtag.js'), 'train', ...args, '-q'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const timer = killAfter && setTimeout(() => child.kill('SIGKILL'), killAfter);
  const [code] = await once(child, 'close');
  if (timer) clearTimeout(timer);
  return { code, stderr };
}

const random = createRandom(seed);
/** @template T @param {readonly T[]} items */
const pick = (items) => /** @type {T} */ (items[Math.floor(random() * items.length)]);

let passed = 0;
let failed = 0;
let kills = 0;
const leftovers = new Set(readdirSync(folder));
for (let i = 0; i < count; i++) {
  const settings = [...pick(choices).cell, ...pick(decoders), ...pick(others)];
  const args = [train, ...settings, ...size, '--epochs=3', `--seed=${i + 1}`];
  const whole = join(folder, 'whole.safetensors');
  const broken = join(folder, 'broken.safetensors');
  const began = performance.now();
  const reference = await seqtag([...args, '-o', whole]);
  const took = performance.now() - began;
  /** @type {string | undefined} */
  let problem = reference.code === 0 ? undefined : `not trained: ${reference.stderr}`;
  let pieces = 0;
  while (problem === undefined && !existsSync(broken)) {
    const checkpoint = `${broken}.checkpoint`;
    const resumed = existsSync(checkpoint) ? ['--resume', checkpoint] : [...args, '-o', broken];
    // after some attempts the process may live, in case one moment comes again and again
    const { code, stderr } = await seqtag(
      [...resumed, '--checkpoint-every=0.001', `--threads=${pick([1, 2])}`],
      pieces < 20 ? took * random() : undefined,
    );
    if (code === null) kills++;
    else if (code !== 0) problem = stderr;
    pieces++;
  }
  if (problem === undefined && !readFileSync(whole).equals(readFileSync(broken)))
    problem = 'other bytes than without a break';
  if (problem === undefined) passed++;
  else {
    failed++;
    console.log(`seed ${seed}, training ${i + 1}: ${settings.join(' ')}: ${problem.trim()}`);
  }
  for (const name of readdirSync(folder))
    if (!leftovers.has(name)) rmSync(join(folder, name), { force: true });
}
console.log(`${count} trainings, ${kills} kills`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
