import { describe, expect, it } from 'vitest';
import { byFallingLength, Numbering, packTokens, sortTypes } from '../../src/network/batch.ts';
import type { WordTypes } from '../../src/network/engine.ts';

describe('byFallingLength', () => {
  it('puts the longest first and keeps the order of equals', () => {
    expect(byFallingLength([2, 5, 2, 0, 5, 7])).toEqual([5, 1, 4, 0, 2, 3]);
    expect(byFallingLength(Int32Array.of(1))).toEqual([0]);
    expect(byFallingLength([])).toEqual([]);
  });
});

describe('packTokens', () => {
  const pack = (lengths: number[]) => {
    const order = byFallingLength(lengths);
    const rows = new Int32Array(Math.max(0, ...lengths));
    const visits: number[][] = [];
    packTokens(rows, order, lengths, (row, sentence, t) => visits.push([row, sentence, t]));
    return { rows: [...rows], visits };
  };

  it('goes through all first tokens, all second tokens, and so on', () => {
    expect(pack([1, 3, 2])).toEqual({
      rows: [3, 2, 1],
      visits: [
        [0, 1, 0],
        [1, 2, 0],
        [2, 0, 0],
        [3, 1, 1],
        [4, 2, 1],
        [5, 1, 2],
      ],
    });
  });

  it('equal lengths, one sentence, empty ones and none', () => {
    expect(pack([2, 2])).toEqual({
      rows: [2, 2],
      visits: [
        [0, 0, 0],
        [1, 1, 0],
        [2, 0, 1],
        [3, 1, 1],
      ],
    });
    expect(pack([1])).toEqual({ rows: [1], visits: [[0, 0, 0]] });
    expect(pack([0, 1, 0])).toEqual({ rows: [1], visits: [[0, 1, 0]] });
    expect(pack([0, 0])).toEqual({ rows: [], visits: [] });
    expect(pack([])).toEqual({ rows: [], visits: [] });
  });
});

describe('Numbering', () => {
  it('numbers things as they are first met, and forgets', () => {
    const numbering = new Numbering(10);
    numbering.reset();
    expect([7, 3, 7, 0, 3, 9].map((id) => numbering.number(id))).toEqual([0, 1, 0, 2, 1, 3]);
    expect(numbering.items).toEqual([7, 3, 0, 9]);
    const kept = numbering.items;
    numbering.reset();
    expect(numbering.items).toEqual([]);
    expect(kept).toEqual([7, 3, 0, 9]);
    expect([9, 7].map((id) => numbering.number(id))).toEqual([0, 1]);
  });

  it('takes another order', () => {
    const numbering = new Numbering(10);
    numbering.reset();
    for (const id of [7, 3, 0]) numbering.number(id);
    numbering.renumber([0, 7, 3]);
    expect([7, 3, 0, 5].map((id) => numbering.number(id))).toEqual([1, 2, 0, 3]);
  });
});

it('sortTypes sorts the types that were met by falling length, and keeps the order of equals', () => {
  const types: WordTypes = {
    words: Int32Array.of(10, 11, 12, 13, 14),
    offsets: Int32Array.of(0, 2, 3, 6, 7, 9), // lengths 2 1 3 1 2
    chars: Int32Array.of(4, 2, 4, 1, 2, 4, 2, 5, 5),
  };
  const sorted = (ids: number[]) => {
    const numbering = new Numbering(5);
    numbering.reset();
    for (const id of ids) numbering.number(id);
    return { order: sortTypes(types, numbering), numbering };
  };
  const { order, numbering } = sorted([1, 0, 2, 1, 3, 0]);
  expect(order).toEqual([2, 0, 1, 3]);
  expect([0, 1, 2, 3].map((id) => numbering.number(id))).toEqual([1, 2, 0, 3]);
  expect(sorted([3, 4, 1, 0]).order).toEqual([4, 0, 3, 1]);
  expect(sorted([]).order).toEqual([]);
});
