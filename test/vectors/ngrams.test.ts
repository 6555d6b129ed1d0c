import { expect, it } from 'vitest';
import { ngrams } from '../../src/vectors/ngrams.ts';

it('are those of the paper', () => {
  expect(ngrams('where', { minNgram: 3, maxNgram: 3 })).toEqual([
    '<wh',
    'whe',
    'her',
    'ere',
    're>',
  ]);
});

it('count code points, not code units, and not a border by itself', () => {
  expect(ngrams('a😀', { minNgram: 1, maxNgram: 2 })).toEqual(['<a', 'a', 'a😀', '😀', '😀>']);
  expect(ngrams('a', { minNgram: 4, maxNgram: 6 })).toEqual([]);
});
