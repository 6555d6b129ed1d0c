// @ts-check
// Raw text: `seqtag tag --input text` against lines of tokens and, where it is installed, wink-nlp. Tokens per second of
// processor time, on one thread, with the start of the process.
//
// node bench/text.js GOLD.conllu [--wink FOLDER] [--repeat 40] [--rounds 5]
//
// GOLD is a CoNLL-U treebank, whose text is repeated. FOLDER is one in which `npm install wink-nlp wink-eng-lite-web-model`
// was run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  fail,
  interleave,
  machine,
  median,
  plusMinus,
  seqtag,
  significant,
  spread,
  table,
  thousands,
} from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    wink: { type: 'string' },
    repeat: { type: 'string', default: '40' },
    rounds: { type: 'string', default: '5' },
  },
});
const [gold] = positionals;
if (!gold) fail('usage: node bench/text.js GOLD.conllu [--wink FOLDER]');

const folder = mkdtempSync(join(tmpdir(), 'seqtag-text-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const path = (/** @type {string} */ name) => join(folder, name);

/** Paragraphs of the treebank: the texts of its sentences, and a blank line where one begins. */
function rawText() {
  let text = '';
  for (const line of readFileSync(/** @type {string} */ (gold), 'utf8').split('\n')) {
    if (/^# new(doc|par)\b/.test(line) && !text.endsWith('\n\n')) text += '\n\n';
    const sentence = /^# text = (.*)$/.exec(line)?.[1];
    if (sentence) text += `${sentence}\n`;
  }
  return `${text.trim()}\n\n`;
}
writeFileSync(path('raw.txt'), rawText().repeat(Number(values.repeat)));
const convert = [seqtag, 'convert', path('raw.txt'), '--from', 'text', '--to', 'horizontal'];
const { stdout, status } = spawnSync(process.execPath, convert, { maxBuffer: 2 ** 30 });
if (status !== 0) fail('the text cannot be converted');
writeFileSync(path('tokens.txt'), stdout);
const tokens = stdout.toString().trim().split(/\s+/).length;

writeFileSync(
  path('wink.cjs'),
  `const wink = require('wink-nlp')(require('wink-eng-lite-web-model'), ['sbd', 'pos']);
   const { its } = wink;
   for (const text of require('fs').readFileSync(${JSON.stringify(path('raw.txt'))}, 'utf8').split('\\n\\n')) {
     const tokens = wink.readDoc(text).tokens();
     const [forms, tags] = [tokens.out(), tokens.out(its.pos)];
     process.stdout.write(forms.map((form, i) => form + '\\t' + tags[i] + '\\n').join('') + '\\n');
   }`,
);

/** Tokens per second of processor time. @param {string[]} args */
function speed(args) {
  const began = cpu();
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) fail(`node ${args.join(' ')}: exit code ${status}`);
  return tokens / (cpu() - began);
}

/** Seconds of processor time of all children so far, from Linux. */
function cpu() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

const tag = ['tag', '-m', 'en-upos', '--threads', '1', '--output', 'columns'];
/** @type {Record<string, () => number>} */
const jobs = {
  'lines of tokens': () => speed([seqtag, ...tag, '--input', 'horizontal', path('tokens.txt')]),
  'raw text': () => speed([seqtag, ...tag, '--input', 'text', path('raw.txt')]),
  'raw text, one text per line': () => speed([seqtag, ...tag, '--input', 'lines', path('raw.txt')]),
};
if (values.wink) {
  const modules = resolve(values.wink, 'node_modules');
  jobs['wink-nlp'] = () => {
    process.env.NODE_PATH = modules;
    return speed([path('wink.cjs')]);
  };
}
console.log(machine());
console.log();
const results = await interleave(jobs, Number(values.rounds));
const base = median(results['lines of tokens'] ?? []);
console.log(
  table(
    ['tokens per CPU second', 'median', 'to lines of tokens', 'noise'],
    Object.entries(results).map(([name, speeds]) => [
      name,
      thousands(median(speeds)),
      significant(median(speeds) / base),
      plusMinus(spread(speeds)),
    ]),
  ),
);
