// Reads damaged files of every format, and counts how often a reader gives something else than they say, without a word.
//
// node fuzz/formats.js [--count N] [--seed S] [--only NAME] [--show N] [--allow N]
import { parseArgs } from 'node:util';
import { formatOf, orTextFor, peekFormat, readSentences } from '../dist/corpus/index.js';
import { UserError } from '../dist/errors.js';
import { campaign, readWith } from './campaign.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    show: { type: 'string', default: '0' },
    allow: { type: 'string', default: '0' },
  },
});
const read = readWith(
  { formatOf, orTextFor, peekFormat, readSentences },
  (error) => error instanceof UserError,
);
let shown = 0;
const began = performance.now();
const results = await campaign({
  read,
  count: Number(values.count),
  seed: Number(values.seed),
  ...(values.only !== undefined && { only: values.only }),
  onWrong({ document, mode, mutations, text, reading }) {
    if (shown++ >= Number(values.show)) return;
    console.log(`${document}, ${mode}: ${mutations.join(', ')}\n${JSON.stringify(text)}`);
    console.log(`${JSON.stringify(reading)}\n`);
  },
});

const head = ['format', 'as intended', 'refused', 'told', 'wrong'];
const rows = [...results].map(([name, { asIntended, refused, told, wrong }]) => [
  name,
  ...[asIntended, refused, told, wrong].map(String),
]);
for (const [name = '', ...cells] of [head, ...rows])
  console.log(name.padEnd(18) + cells.map((cell) => cell.padStart(13)).join(''));
const each = (performance.now() - began) / 1000 / Math.max(1, rows.length);
console.log(`${values.count} mutations of each, seed ${values.seed}, ${each.toFixed(1)} s each`);
const allowed = (Number(values.allow) * Number(values.count)) / 10_000;
const failed = [...results].filter(([, { wrong }]) => wrong > allowed).length;
console.log(`${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
