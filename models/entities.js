// @ts-check
// The corpora of the model of names: read in their own formats, with their types mapped to PER, LOC and ORG.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A sentence: tokens with tags in BIO. @typedef {[token: string, tag: string][]} Sentence */

/** Folders with {train,dev,test}.conll, and `ours`: the corpus of this project. */
export const nameCorpora = ['uner_ewt', 'btc', 'wnut17', 'wikigold', 'ours'];

/**
 * The types that all corpora have. WNUT-17's corporations and groups become ORG. Its products and creative works, and
 * MISC, become O: the largest corpora do not mark them.
 */
const types = /** @type {Record<string, string>} */ ({
  PER: 'PER',
  LOC: 'LOC',
  ORG: 'ORG',
  person: 'PER',
  location: 'LOC',
  corporation: 'ORG',
  group: 'ORG',
});

/**
 * Reads the first and the last column. Lines without a token (the Broad Twitter Corpus has three) are left out. Tags with the prefix I- alone, as in wikigold, begin a span where the type changes.
 * @param {string} file
 * @returns {Sentence[]}
 */
function readSentences(file) {
  const blocks = readFileSync(file, 'utf8').split(/\r?\n(?:[ \t]*\r?\n)+/);
  const sentences = blocks.map((block) => {
    let before = '';
    return block
      .split(/\r?\n/)
      .filter((line) => /^\S/.test(line))
      .map((line) => {
        const cells = line.split(/[\t ]/);
        const tag = cells.at(-1) ?? 'O';
        const original = tag.slice(2);
        const begins = tag.startsWith('B-') || original !== before;
        before = original;
        const type = types[original];
        return /** @type {[string, string]} */ ([
          cells[0] ?? '',
          type ? `${begins ? 'B' : 'I'}-${type}` : 'O',
        ]);
      });
  });
  return sentences.filter((sentence) => sentence.length > 0);
}

/**
 * A part of a corpus.
 * @param {string} corpora the folder of the published corpora
 * @param {string} name
 * @param {'train' | 'dev' | 'test'} part
 */
export const entities = (corpora, name, part) =>
  readSentences(
    name === 'ours'
      ? fileURLToPath(new URL(`../corpora/english.${part}.conll`, import.meta.url))
      : join(corpora, name, `${part}.conll`),
  );

/** Token TAB tag, with a blank line after each sentence. @param {Sentence[]} sentences */
export const toText = (sentences) =>
  sentences
    .map((sentence) => sentence.map((cells) => `${cells.join('\t')}\n`).join(''))
    .map((lines) => `${lines}\n`)
    .join('');

/** A seeded generator of numbers from 0 to 1. @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @type {[below: number, change: (token: string) => string][]} */
const letterCases = [
  [0.08, (token) => token.toUpperCase()],
  [0.12, (token) => token.toLowerCase()],
  [0.15, (token) => token.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase())],
];

/**
 * Copies of some of the sentences in capitals (8 %), in lower case (4 %) and with capitalised words (3 %), as in headlines
 * and messages.
 * @param {Sentence[]} sentences
 * @param {() => number} random
 */
export function inLetterCases(sentences, random) {
  return sentences.flatMap((sentence) => {
    const drawn = random();
    const change = letterCases.find(([below]) => drawn < below)?.[1];
    if (!change || sentence.length < 3) return [];
    return [sentence.map(([token, tag]) => /** @type {[string, string]} */ ([change(token), tag]))];
  });
}

/**
 * The training sentences of each corpus, with copies in other letter cases.
 * @param {string} corpora
 * @param {{without?: string | undefined}} [options] a corpus to leave out
 * @returns {Map<string, Sentence[]>}
 */
export function trainingEntities(corpora, { without } = {}) {
  const next = random(7);
  const parts = new Map(
    nameCorpora.map((name) => {
      const sentences = entities(corpora, name, 'train');
      return [name, [...sentences, ...inLetterCases(sentences, next)]];
    }),
  );
  if (without) parts.delete(without);
  return parts;
}
