import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packVectors, vectorLookup } from '../../../src/corpus/features/word-vectors.ts';

const words = ['the', 'London', 'été', '日本', 'US'];
const values = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i + 1) * 3);

function lookedUp(word: string, packed: ReturnType<typeof packVectors>): number[] | undefined {
  const lookup = vectorLookup(packed);
  const row = lookup.find(word);
  if (row === undefined) return undefined;
  const target = new Float32Array(5).fill(9);
  lookup.copy(row, target, 1);
  expect([target[0], target[4]]).toEqual([9, 9]);
  return [...target.subarray(1, 4)];
}

describe.each([
  [8, 1 / 127],
  [16, 1 / 32_767],
] as const)('%s bits', (bits, step) => {
  const packed = packVectors(words, values, { bits });

  test('each word has its vector, to half a step of its largest number', () => {
    words.forEach((word, i) => {
      const vector = values.subarray(3 * i, 3 * i + 3);
      const most = Math.max(...vector.map(Math.abs));
      lookedUp(word, packed)!.forEach((x, d) => {
        expect(Math.abs(x - vector[d]!)).toBeLessThanOrEqual(0.501 * step * most);
      });
    });
  });

  test('a factor multiplies all vectors', () => {
    const doubled = packVectors(words, values, { bits, factor: 2 });
    const vector = lookedUp('US', packed)!;
    expect(lookedUp('US', doubled)).toEqual(vector.map((x) => 2 * x));
  });
});

test('the best form that is there is found, else nothing', () => {
  const packed = packVectors(words, values, { bits: 16 });
  expect(lookedUp('The', packed)).toEqual(lookedUp('the', packed));
  expect(lookedUp('LONDON', packed)).toEqual(lookedUp('London', packed));
  expect(lookedUp('us', packed)).toEqual(lookedUp('US', packed));
  expect(lookedUp('Paris', packed)).toBeUndefined();
  expect(lookedUp('', packed)).toBeUndefined();
  expect(lookedUp('any', packVectors([], new Float32Array(0), { bits: 8 }))).toBeUndefined();
});

test('a vector of zeros stays one', () => {
  const packed = packVectors(['a'], new Float32Array(3), { bits: 8 });
  expect(lookedUp('a', packed)).toEqual([0, 0, 0]);
});

test('the order of the words does not matter', () => {
  const rows = words.map((_, i) => [...values.subarray(3 * i, 3 * i + 3)]);
  const reversed = packVectors(words.toReversed(), Float32Array.from(rows.toReversed().flat()), {
    bits: 8,
  });
  expect(reversed).toEqual(packVectors(words, values, { bits: 8 }));
});

test('any words are found', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme' })), (any) => {
      const packed = packVectors(any, Float32Array.from(any.keys()), { bits: 16 });
      const lookup = vectorLookup(packed);
      const rows = any.map((word) => lookup.find(word));
      expect(new Set(rows).size).toBe(any.length);
    }),
  );
});
