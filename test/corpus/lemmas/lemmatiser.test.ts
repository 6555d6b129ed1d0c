import { expect, test } from 'vitest';
import { createLemmatiser } from '../../../src/corpus/lemmas/lemmatiser.ts';
import { expectUserError } from '../helpers.ts';

const lemmatiser = createLemmatiser(['lower *', 'lower *-3+y', '=be', 'lower *-2', 'lower *-1+d']);

test('gives lemmas, and the form where the script does not fit', () => {
  expect(lemmatiser.lemma('Studies', 1)).toBe('study');
  expect(lemmatiser.lemma('Studies', 1)).toBe('study');
  expect(lemmatiser.lemma('Is', 1)).toBe('Is');
  expect(lemmatiser.lemma('Is', 2)).toBe('be');
});

test('a script fits if a letter is left, or is added', () => {
  const fits = (form: string) => [0, 1, 2, 3].map((k) => lemmatiser.fits(form, k));
  expect(fits('ab')).toEqual([true, false, true, false]);
  expect(fits('abc')).toEqual([true, true, true, true]);
  expect(fits('𝒜𝒷')).toEqual([true, false, true, false]);
  expect(fits('')).toEqual([false, false, true, false]);
  expect(lemmatiser.allowed('ab')).toEqual([0, 2, 4]);
  expect(lemmatiser.allowed('abcdefgh')).toEqual([0, 1, 2, 3, 4]);
  expect(lemmatiser.allowed('')).toEqual([2]);
});

test('a lexicon has the scripts of its words', () => {
  const { allowed, allows, fits } = createLemmatiser(['lower *', '=be', 'lower *-4'], {
    least: 1,
    words: { '1': ['is'], '0 1': ['are'] },
  });
  expect(['is', 'are', 'Is', 'been'].map(allowed)).toEqual([[1], [0, 1], [0, 1], [0, 1]]);
  expect([0, 1, 2].map((k) => allows('is', k))).toEqual([false, true, false]);
  expect([0, 1, 2].map((k) => allows('Is', k))).toEqual([true, true, false]);
  expect(fits('is', 0)).toBe(true);
});

test('knows which lemmas it can give', () => {
  expect(lemmatiser.reaches('Studies', 'study')).toBe(true);
  expect(lemmatiser.reaches('are', 'be')).toBe(true);
  expect(lemmatiser.reaches('went', 'go')).toBe(false);
  // no script that would be learned for this pair, but one that gives the lemma
  expect(lemmatiser.reaches('abc', 'abd')).toBe(true);
  expect(lemmatiser.scriptsOf('xyz', 'y')).toEqual([1]);
  expect(lemmatiser.scriptsOf('be', 'be')).toEqual([0, 2]);
});

test('a malformed script is refused', () => {
  expectUserError(() => createLemmatiser(['lower *', 'NN']), /"NN" is no edit script/);
});
