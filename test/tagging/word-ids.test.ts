import { expect, it } from 'vitest';
import type { Vocabulary } from '../../src/corpus/vocabulary.ts';
import { createEncoder } from '../../src/corpus/vocabulary.ts';
import type { Batch } from '../../src/network/engine.ts';
import { createWordIds } from '../../src/tagging/word-ids.ts';
import { createWordTable } from '../../src/tagging/word-table.ts';

const vocabulary: Vocabulary = {
  words: ['', 'a', 'b', 'c'],
  chars: ['', '', '', 'a', 'b', 'c'],
  tags: [['x', 'y']],
  lowercase: true,
};

/** The characters of each token, as the batch refers to them. */
const charsOf = ({ wordTypes: { offsets, chars }, sentences }: Batch): number[][][] =>
  sentences.map((ids) => Array.from(ids, (id) => [...chars.slice(offsets[id], offsets[id + 1])]));

const encoded = (sentences: readonly (readonly string[])[]): number[][][] => {
  const { chars } = createEncoder(vocabulary);
  return sentences.map((tokens) =>
    tokens.map((token) => {
      const found: number[] = [];
      chars(token, found);
      return found;
    }),
  );
};

const piecesOf = (sentences: readonly (readonly string[])[]) =>
  sentences.map((tokens) => ({ tokens, keys: tokens, bags: undefined }));

it('a table of word types grows, and stays the same object', () => {
  const table = createWordTable();
  const { types } = table;
  const encoder = createEncoder(vocabulary);
  table.append(encoder.types(['a', 'bc']));
  table.append(encoder.types(['cab']));
  const { words, offsets, chars } = encoder.types(['a', 'bc', 'cab']);
  expect(table.types).toBe(types);
  expect(types).toEqual({ words, offsets, chars });
  expect(table.size).toBe(3);
});

it('numbers words in one table, until it is full', () => {
  const wordIds = createWordIds(vocabulary);
  const first = wordIds.ofPieces(piecesOf([['a', 'b', 'a'], [], ['c']]));
  expect(first.sentences.map((ids) => [...ids])).toEqual([[0, 1, 0], [], [2]]);
  const second = wordIds.ofPieces(piecesOf([['c', 'abc']]));
  expect(second.wordTypes).toBe(first.wordTypes);
  expect([...second.sentences[0]!]).toEqual([2, 3]);
  let last = second;
  for (let round = 0; round < 12; round++) {
    const words = Array.from({ length: 4000 }, (_, i) => `a${round}b${i}c`);
    last = wordIds.ofPieces(piecesOf([words, ['a', 'c']]));
    expect(charsOf(last)).toEqual(encoded([words, ['a', 'c']]));
  }
  expect(last.wordTypes).not.toBe(first.wordTypes);
  expect(last.wordTypes.words.length).toBeLessThan(40_000);
});
