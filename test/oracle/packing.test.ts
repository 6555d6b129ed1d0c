import { describe, expect, it } from 'vitest';
import {
  expandMask,
  packedRow,
  packingOfLengths,
  packingOfRows,
  packSentences,
  sentenceRows,
  unpackSentence,
} from './packing.ts';

describe('packing', () => {
  const packing = packingOfLengths([4, 2, 2, 1]);

  it('counts live rows', () => {
    expect(packing).toEqual({
      lengths: [4, 2, 2, 1],
      rows: [4, 3, 1, 1],
      offsets: [0, 4, 7, 8],
      B: 4,
      T: 4,
      N: 9,
    });
    expect(packingOfRows([4, 3, 1, 1])).toEqual(packing);
    expect(packingOfRows(Int32Array.of(1))).toEqual(packingOfLengths([1]));
  });

  it('finds rows', () => {
    expect(packedRow(packing, 1, 2)).toBe(6);
    expect(sentenceRows(packing, 0)).toEqual([0, 4, 7, 8]);
    expect(() => packedRow(packing, 1, 3)).toThrow('no token');
  });

  it('packs sentences and takes them out again', () => {
    const sentences = packing.lengths.map((length, b) =>
      Float64Array.from({ length: length * 2 }, (_, i) => b * 100 + i),
    );
    const packed = packSentences(sentences, packing, 2);
    expect([...packed.subarray(0, 10)]).toEqual([0, 1, 100, 101, 200, 201, 300, 301, 2, 3]);
    sentences.forEach((sentence, b) => {
      expect(unpackSentence(packed, packing, b)).toEqual(sentence);
    });
  });

  it('repeats a mask over the tokens of its sentence', () => {
    expect([...expandMask(Float64Array.of(1, 2, 3, 4), packing)]).toEqual([
      1, 2, 3, 4, 1, 2, 3, 1, 1,
    ]);
  });

  it('rejects unsorted and empty sentences, and rows that increase', () => {
    expect(() => packingOfLengths([2, 3])).toThrow('not sorted');
    expect(() => packingOfLengths([2, 0])).toThrow('at least 1');
    expect(() => packingOfRows([2, 3])).toThrow('rows[1]');
    expect(() => packingOfRows([2, 0])).toThrow('rows[1]');
  });
});
