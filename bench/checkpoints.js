// @ts-check
// What checkpoints cost: the same training with checkpoints and without them, in turn, in CPU time of the process.
// node bench/checkpoints.js TRAIN DEV [ROUNDS] [MINUTES between checkpoints within an epoch]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from './common.js';

const [train = '', dev = '', rounds = '2', minutes = '5'] = process.argv.slice(2);
if (dev === '') fail('give a training corpus and a development corpus.');
const seqtag = new URL('../bin/seqtag.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'seqtag-checkpoints-'));
const report = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();console.log((user+system)/1e6)})`;

/** @param {string[]} flags */
function cpuSeconds(flags) {
  const output = join(folder, 'model.safetensors');
  const fixed = ['--epochs', '2', '--threads', '1', '-q', '-o', output];
  const args = ['--import', report, seqtag, 'train', train, '--dev', dev, ...fixed, ...flags];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** @type {number[]} */
const without = [];
/** @type {number[]} */
const withThem = [];
for (let round = 0; round < Number(rounds); round++) {
  without.push(cpuSeconds(['--no-checkpoint']));
  withThem.push(cpuSeconds(['--checkpoint-every', minutes]));
  console.log(`without ${without.at(-1)} s, with ${withThem.at(-1)} s`);
}
rmSync(folder, { recursive: true });
const cost = (mean(withThem) / mean(without) - 1) * 100;
console.log(`checkpoints cost ${cost.toFixed(2)} % of CPU time`);
