import { expect, test } from 'vitest';
import { buildVocabulary, createEncoder, normalise } from '../../src/corpus/vocabulary.ts';

const sentences = [
  { tokens: ['The', 'dog', 'saw', 'the', 'dog'], tags: ['D', 'N', 'V', 'D', 'N'] },
  { tokens: ['1984', '2001', '😀é'], tags: ['M', 'M', 'X'] },
];

test('digits become 0 and case is folded on demand', () => {
  expect(normalise('B2B-٣', false)).toBe('B0B-0');
  expect(normalise('٣٤', true)).toBe('00');
  expect(normalise('ÉCOLE', true)).toBe('école');
});

test('words stand by falling count, equals by code units; row 0 is the unknown word', () => {
  const { vocabulary, wordCounts } = buildVocabulary([sentences], { lowercase: true, minCount: 1 });
  expect(vocabulary.words).toEqual(['', '0000', 'dog', 'the', 'saw', '😀é']);
  expect([...wordCounts]).toEqual([0, 2, 2, 2, 1, 1]);
  expect(vocabulary.tags).toEqual([['D', 'M', 'N', 'V', 'X']]);
  expect(buildVocabulary([sentences], { lowercase: true, minCount: 2 }).vocabulary.words).toEqual([
    '',
    '0000',
    'dog',
    'the',
  ]);
});

test('the vocabulary does not depend on the order of sentences', () => {
  const options = { lowercase: false, minCount: 1 };
  expect(buildVocabulary([[...sentences].reverse()], options)).toEqual(
    buildVocabulary([sentences], options),
  );
});

test('tokens become rows; tokens that are not in the training data are unknown', () => {
  const encoder = createEncoder(
    buildVocabulary([sentences], { lowercase: true, minCount: 1 }).vocabulary,
  );
  expect(['DOG', '1815', 'cat', ''].map(encoder.word)).toEqual([2, 1, 0, 0]);
  expect([encoder.tag('N', 0), encoder.tag('?', 0)]).toEqual([2, -1]);
});

test('characters are code points between borders, rare ones unknown, long words shortened in the middle', () => {
  const { vocabulary } = buildVocabulary([sentences], { lowercase: true, minCount: 1 });
  const encoder = createEncoder(vocabulary);
  const chars = (token: string): string[] => {
    const into: number[] = [];
    encoder.chars(token, into);
    return into.map((c) => (c < 3 ? String(c) : vocabulary.chars[c]!));
  };
  expect(chars('dog')).toEqual(['1', 'd', 'o', 'g', '2']);
  expect(chars('😀')).toEqual(['1', '0', '2']);
  expect(chars('')).toEqual(['1', '2']);
  const long = chars(`${'d'.repeat(500)}${'g'.repeat(500)}`);
  expect(long).toEqual(['1', ...Array(24).fill('d'), ...Array(24).fill('g'), '2']);
});

test('types lay the characters of all tokens end to end', () => {
  const encoder = createEncoder(
    buildVocabulary([sentences], { lowercase: true, minCount: 1 }).vocabulary,
  );
  const { words, offsets, chars } = encoder.types(['dog', 'the']);
  expect([...words]).toEqual([2, 3]);
  expect([...offsets]).toEqual([0, 5, 10]);
  expect(chars.length).toBe(10);
});
