import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import {
  byFallingLength,
  collectTypes,
  Numbering,
  packTokens,
  type Types,
  writeTypes,
} from '../../src/network/batch.ts';
import { layoutChars } from '../../src/network/characters.ts';
import type { NetworkConfig } from '../../src/network/config.ts';

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

// Types 0: [4 2], 1: [4], 2: [1 2 4], 3: [2], 4: [5 5]
const types: Types = {
  words: Int32Array.of(10, 11, 12, 13, 14),
  offsets: Int32Array.of(0, 2, 3, 6, 7, 9),
  chars: Int32Array.of(4, 2, 4, 1, 2, 4, 2, 5, 5),
};
const collect = (ids: number[], charAs?: (char: number) => number) => {
  const numbering = new Numbering(5);
  const charset = new Numbering(6);
  numbering.reset();
  for (const id of ids) numbering.number(id);
  return { batch: collectTypes(types, { numbering, charset, groups: 0, charAs }), numbering };
};

describe('collectTypes', () => {
  it('sorts what was met by falling length and gathers its characters', () => {
    const { batch, numbering } = collect([1, 0, 2, 1, 3, 0]);
    expect(batch).toEqual({
      ids: [2, 0, 1, 3],
      charset: [1, 2, 4],
      chars: Int32Array.of(0, 1, 2, 2, 1, 2, 1),
      offsets: Int32Array.of(0, 3, 5, 6, 7),
      sizes: { Y: 4, L: 7, Q: 3, longest: 3, M: 0 },
    });
    expect([0, 1, 2, 3].map((id) => numbering.number(id))).toEqual([1, 2, 0, 3]);
  });

  it('reads each character of each type as it is told', () => {
    const asked: number[] = [];
    const { batch } = collect([1, 0, 2, 1], (char) => (asked.push(char) % 2 === 0 ? 0 : char));
    expect(asked).toEqual([1, 2, 4, 4, 2, 4]);
    expect(Array.from(batch.chars, (place) => batch.charset[place])).toEqual([1, 0, 4, 0, 2, 0]);
    expect(batch.charset).toEqual([1, 0, 4, 2]);
  });

  it('keeps the order of equals, and takes none', () => {
    expect(collect([3, 4, 1, 0]).batch.ids).toEqual([4, 0, 3, 1]);
    expect(collect([]).batch).toEqual({
      ids: [],
      charset: [],
      chars: new Int32Array(0),
      offsets: Int32Array.of(0),
      sizes: { Y: 0, L: 0, Q: 0, longest: 0, M: 0 },
    });
  });
});

describe('writeTypes', () => {
  const config = { charEncoder: 'cnn', charDim: 1, charWidth: 1, charFilters: 1, charHidden: 1 };
  const write = (charEncoder: 'cnn' | 'lstm') => {
    const arena = new Arena(0);
    const { batch } = collect([1, 0, 2, 3]);
    const network = { ...config, charEncoder } as NetworkConfig;
    const options = { panelWidth: 8, training: false };
    const own = arena.layout;
    const space = { integers: own, kept: own, scratch: own };
    const layout = layoutChars(space, network, batch.sizes, options);
    arena.reserve(arena.layout.end);
    arena.i32(0, arena.layout.end / 4).fill(-1);
    writeTypes(arena, network, layout, batch);
    const read = (at: number, n: number) => [...arena.i32(at, n)];
    return { read, layout };
  };

  it('word after word for the convolution', () => {
    const { read, layout } = write('cnn');
    expect(read(layout.charset, 3)).toEqual([1, 2, 4]);
    expect(read(layout.offsets, 5)).toEqual([0, 3, 5, 6, 7]);
    expect(read(layout.chars, 7)).toEqual([0, 1, 2, 2, 1, 2, 1]);
  });

  it('packed over time for the LSTM, with where each word begins and ends', () => {
    const { read, layout } = write('lstm');
    expect(read(layout.rows, 3)).toEqual([4, 2, 1]);
    expect(read(layout.chars, 7)).toEqual([0, 2, 2, 1, 1, 1, 2]);
    expect(read(layout.first, 4)).toEqual([0, 1, 2, 3]);
    expect(read(layout.last, 4)).toEqual([6, 5, 2, 3]);
  });
});
