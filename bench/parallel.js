// @ts-check
// Throughput of the whole command with threads of one process, and with processes of one thread each under GNU parallel
// (examples/parallel/tag.sh), in turns.
//
// node bench/parallel.js CONLLU [--times 10] [--rounds 5]      CONLLU, repeated so many times, is tagged by en-upos
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
  },
});
const [file] = positionals;
if (file === undefined) fail('Name a CoNLL-U file.');
const text = readFileSync(file, 'utf8');
const tokens = Number(values.times) * (text.match(/^\d+\t/gm) ?? []).length;

const folder = mkdtempSync(join(tmpdir(), 'parallel-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
symlinkSync(seqtag, join(folder, 'seqtag'));
const input = join(folder, 'in.conllu');
writeFileSync(input, text.repeat(Number(values.times)));
const script = fileURLToPath(new URL('../examples/parallel/tag.sh', import.meta.url));

/** Tokens a second. @param {string} command @param {string[]} args @param {string} [jobs] */
function speed(command, args, jobs = '1') {
  const PATH = [folder, process.env.PATH].join(delimiter);
  const began = performance.now();
  const { status, stderr } = spawnSync(command, args, {
    env: { ...process.env, PATH, JOBS: jobs },
    encoding: 'utf8',
  });
  if (status !== 0) fail(`${command} ${args.join(' ')}: exit code ${status}\n${stderr}`);
  return (1000 * tokens) / (performance.now() - began);
}

const output = join(folder, 'out.conllu');
const whole = ['tag', '-m', 'en-upos', input, '-o', output, '--threads'];
const parts = ['en-upos', 'conllu', input, output];
const jobs = {
  '--threads 1': () => speed('seqtag', [...whole, '1']),
  '--threads 2': () => speed('seqtag', [...whole, '2']),
  'tag.sh, 1 process': () => speed(script, parts, '1'),
  'tag.sh, 2 processes': () => speed(script, parts, '2'),
};
const results = await interleave(jobs, Number(values.rounds), note);
const base = median(results['--threads 1']);
console.log(`${machine()}; ${tokens.toLocaleString('en')} tokens of CoNLL-U\n`);
console.log(
  table(
    ['tagging', 'tokens/s', 'to --threads 1', 'noise'],
    Object.entries(results).map(([name, all]) => [
      name,
      Math.round(median(all)).toLocaleString('en'),
      (median(all) / base).toFixed(2),
      plusMinus(spread(all)),
    ]),
  ),
);
