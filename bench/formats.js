// @ts-check
// How fast each format is read and written back in CPU time, in two checkouts, interleaved in one process. Prints MB/s and the
// ratio of the second checkout to the first. Both need a built dist/.
//
// node bench/formats.js OLD NEW [--megabytes 20] [--repeat 5]
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fail, table } from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    megabytes: { type: 'string', default: '20' },
    repeat: { type: 'string', default: '5' },
  },
});
if (positionals.length !== 2) fail('expected two checkouts. node bench/formats.js OLD NEW');

/** @typedef {typeof import('../dist/corpus/index.js')} Corpus */
/** @typedef {import('../dist/corpus/index.js').Format} Format */

/** @type {Corpus[]} */
const versions = await Promise.all(
  positionals.map(async (folder) => {
    const url = pathToFileURL(resolve(folder, 'dist/corpus/'));
    // versions before 0.3 have no such module: they load all formats at once
    await import(`${url}/formats/all.js`).catch(() => undefined);
    return import(`${url}/index.js`);
  }),
);
const [, current] = /** @type {[Corpus, Corpus]} */ (versions);
const corpora = new URL('../corpora/', import.meta.url);
const size = Number(values.megabytes) * 1e6;
const CHUNK = 128 * 1024;

/** A text of the format, made of a corpus as often as it takes. @param {Format} format */
function sample(format) {
  const from = format === 'conllu' ? 'conllu' : 'columns';
  const name = from === 'conllu' ? 'english.train.conllu' : 'english.train.conll';
  const text = readFileSync(join(corpora.pathname, name), 'utf8');
  const parser = current.createParser({ format: from, gold: true });
  const sentences = [...parser.push(text), ...parser.end()];
  const writer = current.createWriter({ format });
  const tags = sentences.map((sentence) => sentence.tags);
  const once = format === from ? text : writer.write(sentences, [tags]);
  const body = format === 'csv' || format === 'tsv' ? once.slice(once.indexOf('\n') + 1) : once;
  return body.repeat(Math.ceil(size / body.length));
}

/** CPU seconds to read a text, and to read it and write it back. @param {Corpus} corpus @param {Format} format @param {string} text */
function measure({ createParser, createWriter }, format, text) {
  const gold = format !== 'horizontal';
  const seconds = [];
  for (const isWritten of [false, true]) {
    const began = process.cpuUsage();
    const parser = createParser({ format, gold, keepSource: isWritten });
    const writer = createWriter({ format: gold ? format : 'columns' });
    for (let at = 0; at < text.length; at += CHUNK) {
      const sentences = parser.push(text.slice(at, at + CHUNK));
      if (!isWritten) continue;
      const tags = sentences.map((sentence) => (gold ? sentence.tags : sentence.tokens));
      writer.write(sentences, [tags]);
    }
    parser.end();
    const { user, system } = process.cpuUsage(began);
    seconds.push((user + system) / 1e6);
  }
  return seconds;
}

/** @param {number[]} numbers */
const best = (numbers) => Math.min(...numbers);

const rows = [];
for (const format of /** @type {Format[]} */ ([
  'columns',
  'conllu',
  'horizontal',
  'jsonl',
  'csv',
  'tsv',
])) {
  const text = sample(format);
  /** @type {number[][][]} */
  const runs = versions.map(() => []);
  for (let r = 0; r < Number(values.repeat); r++)
    for (const v of r % 2 ? [1, 0] : [0, 1])
      runs[v]?.push(measure(/** @type {Corpus} */ (versions[v]), format, text));
  for (const [k, what] of ['read', 'read and write'].entries()) {
    const [old = 0, now = 0] = runs.map((all) => best(all.map((seconds) => seconds[k] ?? 0)));
    const speed = (/** @type {number} */ seconds) => (text.length / 1e6 / seconds).toFixed(1);
    rows.push([format, what, speed(old), speed(now), (old / now).toFixed(3)]);
  }
}
console.log(table(['format', 'what', 'old MB/s', 'new MB/s', 'new / old'], rows));
