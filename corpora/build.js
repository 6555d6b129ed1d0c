#!/usr/bin/env node
// @ts-check
// Builds the bundled corpus from corpora/source/*.txt: `node corpora/build.js` writes english.{train,dev,test} as
// columns (token POS NER) and CoNLL-U; `node corpora/build.js --check [FILE...]` only validates. Both print the sizes.
//
// A source file holds documents, `# doc = NAME`, each a list of sentences of two lines:
//   = The raw text, as it was typed.
//   The/DET raw/ADJ text/NOUN ,/PUNCT ...        token/UPOS or token/UPOS/BIO-tag; split at the LAST slashes
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

const UPOS = new Set(
  'ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X'.split(' '),
);
/** Forms that ANNOTATION.md gives one tag wherever they stand. */
const ALWAYS = new Map(
  Object.entries({
    ADV: 'when whenever where how why ago else also',
    DET: 'a an the every',
    INTJ: 'please',
    PART: "n't n’t not",
    PRON: 'none nobody something everyone himself herself itself my your our their its',
    SYM: '% $ € £',
    VERB: 'gon wan',
  }).flatMap(([upos, forms]) =>
    forms.split(' ').map((form) => /** @type {const} */ ([form, upos])),
  ),
);
const folder = new URL('./', import.meta.url);

/** @typedef {{form: string, upos: string, ner: string, spaceAfter: boolean}} Token */
/** @typedef {{genre: string, doc: string, text: string, tokens: Token[]}} Sentence */

/** @param {string} file @returns {Sentence[]} */
function parse(file) {
  const sentences = /** @type {Sentence[]} */ ([]);
  const lines = readFileSync(file, 'utf8').split('\n');
  const genre = basename(file, '.txt');
  const fail = (/** @type {number} */ i, /** @type {string} */ what) => {
    console.error(`${file}:${i + 1}: ${what}`);
    process.exitCode = 1;
  };
  let doc = '';
  let text = '';
  lines.forEach((line, i) => {
    if (line.startsWith('# doc = ')) doc = line.slice(8).trim();
    else if (line.startsWith('= ')) {
      if (text) fail(i, 'a text line follows a text line: the tagged line is missing');
      text = line.slice(2);
      if (text !== text.trim() || /\s\s/.test(text)) fail(i, 'stray white space in the text');
    } else if (line.trim()) {
      if (!text) fail(i, 'a tagged line without its text line `= ...` above');
      if (!doc) fail(i, 'no `# doc = NAME` above');
      const tokens = line
        .trim()
        .split(/\s+/)
        .map((item) => {
          const match = /^(.+?)\/([A-Z]+)(?:\/(O|[BI]-(?:PER|LOC|ORG|MISC)))?$/.exec(item);
          if (!match || !UPOS.has(match[2] ?? '')) fail(i, `cannot read \`${item}\``);
          return {
            form: match?.[1] ?? item,
            upos: match?.[2] ?? 'X',
            ner: match?.[3] ?? 'O',
            spaceAfter: true,
          };
        });
      let at = 0;
      tokens.forEach((token, k) => {
        if (!text.startsWith(token.form, at))
          fail(i, `token ${k + 1} \`${token.form}\` is not at \`${text.slice(at, at + 20)}\``);
        at += token.form.length;
        token.spaceAfter = text[at] === ' ';
        if (token.spaceAfter) at++;
        const only =
          token.ner === 'O' && token.upos !== 'X' && ALWAYS.get(token.form.toLowerCase());
        if (only && token.upos !== only)
          fail(i, `\`${token.form}\` is ${only} by the rules, not ${token.upos}`);
        const before = tokens[k - 1]?.ner ?? 'O';
        if (token.ner.startsWith('I-') && before.slice(2) !== token.ner.slice(2))
          fail(i, `\`${token.form}\`: ${token.ner} after ${before}`);
        if (token.ner[0] === 'B' && token.upos === 'PUNCT' && !/^[@#]/.test(token.form))
          fail(i, `\`${token.form}\`: an entity begins with punctuation`);
      });
      if (at !== text.length) fail(i, `left over: \`${text.slice(at)}\``);
      sentences.push({ genre, doc, text, tokens });
      text = '';
    }
  });
  return sentences;
}

/** @param {Sentence[]} sentences */
const columns = (sentences) =>
  sentences.map((s) => s.tokens.map((t) => `${t.form}\t${t.upos}\t${t.ner}\n`).join('')).join('\n');

/**
 * Whether a token is written together with the word before it, as `n't`, `'s` or the `na` of `gonna` are: English-EWT
 * makes one multiword token of the two.
 * @param {Token | undefined} before @param {Token | undefined} token
 */
function isClitic(before, token) {
  if (!before || !token || before.spaceAfter) return false;
  const form = token.form.toLowerCase().replace('’', "'");
  if (form === "'") return token.upos === 'PART';
  if (/^(n't|'(s|m|re|ve|ll|d))$/.test(form)) return token.upos !== 'PUNCT';
  return /^(can not|gon na|wan na|got ta)$/.test(`${before.form} ${form}`.toLowerCase());
}

/** @param {Sentence[]} sentences */
function conllu(sentences) {
  let doc = '';
  let n = 0;
  return sentences
    .map((s) => {
      const head = s.doc === doc ? [] : [`# newdoc id = ${s.doc}`];
      n = s.doc === doc ? n + 1 : 1;
      doc = s.doc;
      head.push(`# sent_id = ${doc}-${String(n).padStart(3, '0')}`, `# text = ${s.text}`);
      const rows = /** @type {string[]} */ ([]);
      /** @param {number | string} id @param {string} form @param {string} upos @param {string[]} misc */
      const row = (id, form, upos, misc) =>
        rows.push([id, form, '_', upos, '_', '_', '_', '_', '_', misc.join('|') || '_'].join('\t'));
      for (let i = 0, end = 0; i < s.tokens.length; i = end) {
        for (end = i + 1; isClitic(s.tokens[end - 1], s.tokens[end]); end++);
        const word = s.tokens.slice(i, end);
        const glued =
          end < s.tokens.length && !s.tokens[end - 1]?.spaceAfter ? ['SpaceAfter=No'] : [];
        if (word.length > 1)
          row(`${i + 1}-${end}`, word.map((t) => t.form).join(''), '_', glued.splice(0));
        word.forEach((t, k) => {
          row(i + k + 1, t.form, t.upos, [...(t.ner === 'O' ? [] : [`NER=${t.ner}`]), ...glued]);
        });
      }
      return `${[...head, ...rows].join('\n')}\n\n`;
    })
    .join('');
}

/** @param {Sentence[]} sentences */
function sizes(sentences) {
  const tokens = sentences.flatMap((s) => s.tokens);
  const begins = tokens.flatMap((t) => (t.ner[0] === 'B' ? [t.ner.slice(2)] : []));
  return {
    sentences: sentences.length,
    tokens: tokens.length,
    entities: begins.length,
    .../** @type {Record<string, number>} */ (
      Object.fromEntries(
        ['PER', 'LOC', 'ORG', 'MISC'].map((type) => [
          type,
          begins.filter((t) => t === type).length,
        ]),
      )
    ),
  };
}

const args = process.argv.slice(2);
const check = args[0] === '--check';
const named = args.slice(check ? 1 : 0);
const files = named.length
  ? named
  : readdirSync(new URL('source/', folder))
      .sort()
      .map((name) => new URL(`source/${name}`, folder).pathname);
const parts = {
  train: /** @type {Sentence[]} */ ([]),
  dev: /** @type {Sentence[]} */ ([]),
  test: /** @type {Sentence[]} */ ([]),
};
for (const file of files) {
  const sentences = parse(file);
  const docs = [...new Set(sentences.map((s) => s.doc))];
  // Whole documents go to one part, so that no story is split between training and the held-out sentences.
  for (const s of sentences)
    parts[
      docs.indexOf(s.doc) % 5 === 3 ? 'dev' : docs.indexOf(s.doc) % 5 === 4 ? 'test' : 'train'
    ].push(s);
}
const all = Object.values(parts).flat();
console.table({
  ...Object.fromEntries(
    [...new Set(all.map((s) => s.genre))].map((genre) => [
      genre,
      sizes(all.filter((s) => s.genre === genre)),
    ]),
  ),
  ...Object.fromEntries(Object.entries(parts).map(([part, sentences]) => [part, sizes(sentences)])),
  all: sizes(all),
});
for (const [part, sentences] of Object.entries(parts)) {
  if (check || process.exitCode) continue;
  writeFileSync(new URL(`english.${part}.conll`, folder), columns(sentences));
  writeFileSync(new URL(`english.${part}.conllu`, folder), conllu(sentences));
}
