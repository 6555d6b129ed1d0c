import { describe, expect, it } from 'vitest';
import { fnv1a, subwordRows } from '../../src/embedding/subwords.ts';

const trigrams = { minNgram: 3, maxNgram: 3, buckets: 10 };

it('hashes as 32-bit FNV-1a', () => {
  expect(['', 'a', 'foobar'].map(fnv1a)).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});

describe('subwordRows', () => {
  it('gives each word a row and the rows of its n-grams', () => {
    const { offsets, rows } = subwordRows(['ab', 'c'], trigrams);
    expect([...offsets]).toEqual([0, 3, 5]);
    const bucket = (gram: string): number => 2 + (fnv1a(gram) % 10);
    expect([...rows]).toEqual([0, bucket('<ab'), bucket('ab>'), 1, bucket('<c>')]);
  });

  it('gives each word one row if there are no n-grams', () => {
    const { offsets, rows } = subwordRows(['ab', 'c'], { ...trigrams, maxNgram: 0 });
    expect([...offsets]).toEqual([0, 1, 2]);
    expect([...rows]).toEqual([0, 1]);
  });

  it('bounds the rows of a long word', () => {
    const { rows } = subwordRows(['x'.repeat(100_000)], trigrams);
    expect(rows.length).toBe(1 + 64);
  });
});
