// @ts-check
// Fills the disk at every write of every command in turn. Each time the command must exit with 2 and say that the disk is full,
// earlier files must be as they were, nothing half-written may be left, and a training whose checkpoint says so must go on to
// the same bytes.
//
// npm run fuzz:disk -- [--count N: at most so many writes of each command]
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createFullDisk } from './full-disk.js';

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } });
const most = Number(values.count);
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'seqtag-disk-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const disk = join(folder, 'disk');
mkdirSync(disk);
const fullDisk = createFullDisk(disk);
const { run } = await import('../dist/cli/main.js');

/** @param {string[]} args @param {(written: string) => void} [onJson] */
async function seqtag(args, onJson) {
  let text = '';
  const stderr = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  const stdout = new Writable({
    write(chunk, _, done) {
      onJson?.(String(chunk));
      done();
    },
  });
  /** @type {import('../dist/cli/io.js').Io} */
  const io = {
    ...{ stdin: new PassThrough().end(), stdout, stderr, env: { NO_COLOR: '1' } },
    isTerminal: { stdin: false, stdout: false, stderr: false },
    columns: { stdout: 0, stderr: 0 },
    onInterrupt: () => () => undefined,
    quit: (code) => process.exit(code),
  };
  return { code: await run(args, io), stderr: text };
}

/** The first sentences of a corpus. @param {string} name @param {number} sentences */
function part(name, sentences) {
  const file = join(folder, name);
  const all = readFileSync(join(root, 'corpora', name), 'utf8').split(/\n\n/);
  writeFileSync(file, `${all.slice(0, sentences).join('\n\n')}\n\n`);
  return file;
}
const corpus = part('english.train.conll', 40);
const dev = part('english.dev.conll', 10);
const size = ['--hidden=6', '--word-dim=6', '--char-filters=4', '--char-dim=4', '--threads=1'];
const small = [...size, '--features=none', '--own-vectors=0', '--epochs=2'];
const model = join(disk, 'model.safetensors');
const vectors = ['--dim=4', '--epochs=40', '--buckets=50', '--subsample=0', '--threads=1'];
const own = join(folder, 'own.safetensors');
await seqtag(['train', corpus, '--dev', dev, ...small, '-q', '-o', own]);

const sweep = ['train', corpus, '--dev', dev, ...small, '--sweep', 'learning-rate=0.01,0.02'];

/**
 * `resume`: how a run goes on, if there is a checkpoint. `parts`: whether the output is written before the end, and the command
 * that goes on is the same.
 * @type {Record<string, { output: string; args: string[]; resume?: string[]; parts?: boolean }>}
 */
const commands = {
  train: {
    output: model,
    args: ['train', corpus, '--dev', dev, ...small],
    resume: ['train', '--resume', `${model}.checkpoint`, '-q'],
  },
  'train, a refit of an ensemble': {
    output: model,
    args: ['train', corpus, '--ensemble=2', ...small],
    resume: ['train', '--resume', `${model}.checkpoint`, '-q'],
  },
  distill: {
    output: model,
    args: ['distill', own, corpus, '--dev', dev, ...small],
    resume: ['train', '--resume', `${model}.checkpoint`, '-q'],
  },
  'train --init': {
    output: model,
    args: ['train', corpus, '--init', own, '--epochs=2', '--threads=1'],
    resume: ['train', '--resume', `${model}.checkpoint`, '-q'],
  },
  sweep: { output: model, args: sweep, resume: [...sweep, '-o', model], parts: true },
  embed: {
    output: join(disk, 'own.vec'),
    args: ['embed', corpus, '--token-column=0', ...vectors],
    resume: ['embed', '--resume', join(disk, 'own.vec.checkpoint'), '-q'],
  },
  'embed, compressed': {
    output: join(disk, 'own.vec.gz'),
    args: ['embed', corpus, '--token-column=0', ...vectors],
  },
  tag: {
    output: join(disk, 'tagged.conllu'),
    args: ['tag', '-m', own, join(root, 'corpora/english.train.conllu'), '--threads=1'],
  },
  convert: {
    output: join(disk, 'converted.conll'),
    args: ['convert', join(root, 'corpora/english.train.conll'), '--scheme=BIOES'],
  },
};

/** Whatever is in the folder of the disk. */
const contents = () =>
  Object.fromEntries(
    readdirSync(disk, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => [name, readFileSync(join(disk, name), 'latin1')]),
  );
function clear() {
  rmSync(disk, { recursive: true });
  mkdirSync(disk);
}

let passed = 0;
let failed = 0;
for (const [name, { output, args, resume, parts }] of Object.entries(commands)) {
  const all = [...args, '-o', output];
  clear();
  fullDisk.leave(Number.POSITIVE_INFINITY);
  const { code, stderr } = await seqtag(all);
  if (code !== 0) throw new Error(`${name}: ${stderr}`);
  const writes = fullDisk.writes();
  const whole = readFileSync(output);
  const places = Array.from({ length: Math.min(writes, most) }, (_, i) =>
    Math.floor((i * writes) / Math.min(writes, most)),
  );
  let kept = 0;
  for (const place of places) {
    clear();
    writeFileSync(output, 'the earlier file');
    fullDisk.leave(place);
    const { code, stderr } = await seqtag(all);
    fullDisk.leave(Number.POSITIVE_INFINITY);
    /** @type {string[]} */
    const problems = [];
    const { [output.slice(disk.length + 1)]: earlier, ...others } = contents();
    if (code !== 2) problems.push(`exit code ${code}`);
    if (!/the disk is full/.test(stderr)) problems.push('does not say that the disk is full');
    const isWhole = parts && (await seqtag(['inspect', output, '--json'])).code === 0;
    if (earlier !== 'the earlier file' && !isWhole) problems.push('the earlier file has changed');
    const checkpoint = `${output}.checkpoint`.slice(disk.length + 1);
    const expected = [checkpoint, `${output}.sweep.jsonl`.slice(disk.length + 1)];
    for (const other of Object.keys(others))
      if (!expected.includes(other)) problems.push(`left behind: ${other}`);
    if (resume && (parts || others[checkpoint] !== undefined)) {
      kept++;
      if (!parts && !/The training is kept( up to an earlier moment)? in/.test(stderr))
        problems.push('does not say where the training is kept');
      const resumed = await seqtag(resume);
      if (resumed.code !== 0) problems.push(`cannot go on: ${resumed.stderr}`);
      else if (!readFileSync(output).equals(whole)) problems.push('goes on to other bytes');
    }
    if (problems.length === 0) passed++;
    else {
      failed++;
      console.log(`${name}, full at write ${place + 1} of ${writes}: ${problems.join('; ')}`);
      console.log(stderr.trim().split('\n').slice(-3).join('\n'));
    }
  }
  console.log(`${name}: ${places.length} of ${writes} writes; ${kept} went on`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
