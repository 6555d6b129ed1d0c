// @ts-check Checks that corpora are preserved byte for byte. Each file is read, tagged and written. Removing the new
// tags, or restoring the original tags, must give the file. Prints the speed of the three passes.
//
// node bench/roundtrip.js FILE... [--tag-column COLUMN]
import { createReadStream, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { corpusFormatOf, createWriter, readSentences, sniffFormat } from '../dist/corpus/index.js';
import { fail, table } from './common.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'tag-column': { type: 'string' } },
});
if (positionals.length === 0) fail('no files. node bench/roundtrip.js FILE...');

const TAG = '\u27e6T\u27e7';
/** Replacements that remove a tag. @type {Record<string, [RegExp, string][]>} */
const strip = {
  columns: [[/[ \t]+⟦T⟧/g, '']],
  conllu: [
    [/\tseqtag=⟦T⟧/g, '\t_'],
    [/\|seqtag=⟦T⟧/g, ''],
  ],
  csv: [[/,⟦T⟧|,seqtag(?=\r?\n)/g, '']],
  tsv: [[/\t⟦T⟧|\tseqtag(?=\r?\n)/g, '']],
  jsonl: [
    [
      /(?:, ?"tokens": ?\[(?:"(?:[^"\\]|\\.)*"(?:, ?)?)*\](?=, ?"seqtag"))?, ?"seqtag": ?\[(?:(?:, ?)?"⟦T⟧")*\]/g,
      '',
    ],
  ],
};

/**
 * @param {string} file
 * @param {{ format: import('../dist/corpus/index.js').Format, gold?: string | number, put?: string }} options
 */
async function through(file, { format, gold, put }) {
  const writer = createWriter({ tagColumn: gold ?? (format === 'columns' ? undefined : 'seqtag') });
  const counts = { sentences: 0, tokens: 0 };
  let out = '';
  const read = {
    format,
    file,
    gold: put === undefined,
    ...(gold !== undefined && { tagColumn: gold }),
    onDocument: /** @param {import('../dist/corpus/sentence.js').Document} document */ (document) =>
      writer.begin(document),
  };
  for await (const sentences of readSentences(createReadStream(file), read)) {
    const tags = sentences.map(({ tokens, tags }) =>
      put === undefined ? tags : tokens.map(() => put),
    );
    counts.sentences += sentences.length;
    for (const { tokens } of sentences) counts.tokens += tokens.length;
    out += writer.write(sentences, [tags]);
  }
  return { text: out + writer.end(), ...counts };
}

/** The first line in which two texts differ. @param {string} a @param {string} b */
function difference(a, b) {
  const theirs = b.split('\n');
  const at = a.split('\n').findIndex((line, i) => line !== theirs[i]);
  return `line ${at + 1}: ${JSON.stringify(theirs[at] ?? null)}`;
}

/** @type {string[][]} */
const rows = [];
let broken = 0;
for (const file of positionals) {
  const text = readFileSync(file, 'utf8');
  const format = corpusFormatOf(file) ?? sniffFormat(text.slice(0, 65_536));
  const began = performance.now();
  const added = await through(file, { format, put: TAG });
  const stripped = (
    strip[format] ?? fail(`${file}: ${format} is not written as it was read`)
  ).reduce((all, [what, by]) => all.replaceAll(what, by), added.text);
  const wanted =
    values['tag-column'] ?? (format === 'columns' ? -1 : format === 'conllu' ? 'upos' : 'tags');
  const replaced = await through(file, { format, gold: wanted });
  const took = (performance.now() - began) / 1000;
  const tagged = added.text.split(TAG).length - 1 === added.tokens;
  const results = [
    tagged && stripped === text ? 'yes' : `NO, ${difference(text, stripped)}`,
    replaced.text === text ? 'yes' : `NO, ${difference(text, replaced.text)}`,
  ];
  broken += results.filter((result) => result !== 'yes').length;
  rows.push([
    file,
    format,
    String(added.sentences),
    String(added.tokens),
    ...results,
    (text.length / 1e6 / took).toFixed(1),
  ]);
}
console.log(
  table(
    ['file', 'format', 'sentences', 'tokens', 'tag added, stripped', 'own tag put again', 'MB/s'],
    rows,
  ),
);
process.exitCode = broken > 0 ? 1 : 0;
