// @ts-check
// Cold start: `echo hello | seqtag tag -m MODEL` against `node -e 0`, in turns.
//
// node bench/start.js [MODEL] [--rounds 20]      MODEL: a file; the bundled en-upos without one
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  defaultModel,
  fail,
  interleave,
  machine,
  median,
  plusMinus,
  seqtag,
  significant,
  spread,
  table,
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '20' } },
});
const [model = defaultModel] = positionals;
if (!existsSync(model)) fail(`${model}: no such file. Give a model.`);

/** Milliseconds. @param {string[]} args @param {RegExp} expected */
function start(args, expected) {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    input: 'hello\n',
    encoding: 'utf8',
  });
  const took = performance.now() - began;
  if (status !== 0 || !expected.test(stdout))
    fail(`node ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
  return took;
}

const tag = [seqtag, 'tag', '-m', model];
const jobs = {
  'node -e 0': () => start(['-e', '0'], /^$/),
  'seqtag tag': () => start(tag, /^hello\t\S+\n/),
  'seqtag tag --threads 1': () => start([...tag, '--threads', '1'], /^hello\t\S+\n/),
  'seqtag tag --backend wasm': () => start([...tag, '--backend', 'wasm'], /^hello\t\S+\n/),
  'seqtag --version': () => start([seqtag, '--version'], /^\d/),
};
console.log(`${machine()}; model of ${(statSync(model).size / 1e6).toFixed(1)} MB\n`);
await interleave(jobs, 2);
const results = await interleave(jobs, Number(values.rounds));
const base = median(results['node -e 0']);
console.log(
  table(
    ['cold start', 'ms', 'to node -e 0', 'noise'],
    Object.entries(results).map(([name, all]) => [
      name,
      median(all).toFixed(0),
      (median(all) / base).toFixed(2),
      plusMinus(spread(all)),
    ]),
  ),
);
const ratio = median(results['seqtag tag']) / base;
console.log(
  `\nseqtag tag takes ${significant(ratio)} times as long as node -e 0 (target under 3: ${ratio < 3 ? 'reached' : 'missed'})`,
);
