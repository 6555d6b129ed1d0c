#!/usr/bin/env node
// @ts-check
// Builds the bundled corpus from corpora/source/*.txt: `node corpora/build.js` writes english.{train,dev,test} as
// columns (token POS NER) and CoNLL-U; `node corpora/build.js --check [FILE...]` only validates.
//
// A source file holds documents, `# doc = NAME`, each a list of sentences of two lines:
//   = The raw text, as it was typed.
//   The/DET raw/ADJ text/NOUN ,/PUNCT ...        token/UPOS or token/UPOS/BIO-tag; split at the LAST slashes
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const UPOS = new Set(
  'ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X'.split(' '),
);
const folder = new URL('./', import.meta.url);

/** @typedef {{form: string, upos: string, ner: string, spaceAfter: boolean}} Token */
/** @typedef {{doc: string, text: string, tokens: Token[]}} Sentence */

/** @param {string} file @returns {Sentence[]} */
function parse(file) {
  const sentences = /** @type {Sentence[]} */ ([]);
  const lines = readFileSync(file, 'utf8').split('\n');
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
      if (!text) return fail(i, 'a tagged line without its text line `= ...` above');
      if (!doc) fail(i, 'no `# doc = NAME` above');
      const tokens = line.trim().split(/\s+/).map((item) => {
        const match = /^(.+?)\/([A-Z]+)(?:\/(O|[BI]-(?:PER|LOC|ORG|MISC)))?$/.exec(item);
        if (!match || !UPOS.has(match[2] ?? '')) fail(i, `cannot read \`${item}\``);
        return { form: match?.[1] ?? item, upos: match?.[2] ?? 'X', ner: match?.[3] ?? 'O', spaceAfter: true };
      });
      let at = 0;
      tokens.forEach((token, k) => {
        if (!text.startsWith(token.form, at)) fail(i, `token ${k + 1} \`${token.form}\` is not at \`${text.slice(at, at + 20)}\``);
        at += token.form.length;
        token.spaceAfter = text[at] === ' ';
        if (token.spaceAfter) at++;
        const before = tokens[k - 1]?.ner ?? 'O';
        if (token.ner.startsWith('I-') && before.slice(2) !== token.ner.slice(2)) fail(i, `\`${token.form}\`: ${token.ner} after ${before}`);
        if (token.ner[0] === 'B' && token.upos === 'PUNCT' && !/^[@#]/.test(token.form)) fail(i, `\`${token.form}\`: an entity begins with punctuation`);
      });
      if (at !== text.length) fail(i, `left over: \`${text.slice(at)}\``);
      sentences.push({ doc, text, tokens });
      text = '';
    }
  });
  return sentences;
}

/** @param {Sentence[]} sentences */
const columns = (sentences) =>
  sentences.map((s) => s.tokens.map((t) => `${t.form}\t${t.upos}\t${t.ner}\n`).join('')).join('\n');

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
      const rows = s.tokens.map((t, i) => {
        const misc = [t.ner === 'O' ? '' : `NER=${t.ner}`, t.spaceAfter || i === s.tokens.length - 1 ? '' : 'SpaceAfter=No'].filter(Boolean);
        return [i + 1, t.form, '_', t.upos, '_', '_', '_', '_', '_', misc.join('|') || '_'].join('\t');
      });
      return `${[...head, ...rows].join('\n')}\n\n`;
    })
    .join('');
}

const args = process.argv.slice(2);
const check = args[0] === '--check';
const named = args.slice(check ? 1 : 0);
const files = named.length
  ? named
  : readdirSync(new URL('source/', folder)).sort().map((name) => new URL(`source/${name}`, folder).pathname);
const parts = { train: /** @type {Sentence[]} */ ([]), dev: /** @type {Sentence[]} */ ([]), test: /** @type {Sentence[]} */ ([]) };
for (const file of files) {
  const sentences = parse(file);
  const docs = [...new Set(sentences.map((s) => s.doc))];
  // Whole documents go to one part, so that no name leaks from training into the held-out sentences.
  for (const s of sentences) parts[docs.indexOf(s.doc) % 5 === 3 ? 'dev' : docs.indexOf(s.doc) % 5 === 4 ? 'test' : 'train'].push(s);
}
for (const [part, sentences] of Object.entries(parts)) {
  const tokens = sentences.reduce((sum, s) => sum + s.tokens.length, 0);
  const spans = sentences.reduce((sum, s) => sum + s.tokens.filter((t) => t.ner.startsWith('B-')).length, 0);
  console.log(`${part}: ${sentences.length} sentences, ${tokens} tokens, ${spans} entities`);
  if (check || process.exitCode) continue;
  writeFileSync(new URL(`english.${part}.conll`, folder), columns(sentences));
  writeFileSync(new URL(`english.${part}.conllu`, folder), conllu(sentences));
}
