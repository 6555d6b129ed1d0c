import { describe, expect, it } from 'vitest';
import { Arena } from '../../../src/backend/arena.ts';
import { type NetworkConfig, plainBiLstm } from '../../../src/network/config.ts';
import { characterCnn } from '../../../src/network/layers/character-cnn.ts';
import { characterLstm } from '../../../src/network/layers/character-lstm.ts';
import { characterEmbedding } from '../../../src/network/layers/characters.ts';
import type { InputBatch } from '../../../src/network/layers/layer.ts';
import { listParameters } from '../../../src/network/parameters.ts';

// Types 0: [4 2], 1: [4], 2: [1 2 4], 3: [2], 4: [5 5]
const types = {
  words: Int32Array.of(10, 11, 12, 13, 14),
  offsets: Int32Array.of(0, 2, 3, 6, 7, 9),
  chars: Int32Array.of(4, 2, 4, 1, 2, 4, 2, 5, 5),
};
const batchOf = (ids: readonly number[], replaceChar?: (char: number) => number): InputBatch => ({
  types,
  ids,
  replaceChar,
  words: new Int32Array(0),
  eachToken: () => undefined,
});

const contextOf = (charEncoder: NetworkConfig['charEncoder']) => ({
  config: {
    ...plainBiLstm,
    ...{ words: 15, wordDim: 1, charEncoder, chars: 6, charDim: 1, charWidth: 1, charFilters: 1 },
    ...{ charHidden: 1, layers: 1, hidden: 1, tags: [2] },
  },
  parameters: listParameters().parameters,
  panelWidth: 8,
});

describe('the characters of a batch', () => {
  const collect = (ids: readonly number[], replaceChar?: (char: number) => number) =>
    characterEmbedding(contextOf('cnn')).collect(batchOf(ids, replaceChar));

  it('are numbered in the order in which they are met', () => {
    expect(collect([2, 0, 1, 3])).toEqual({
      charset: [1, 2, 4],
      chars: Int32Array.of(0, 1, 2, 2, 1, 2, 1),
      offsets: Int32Array.of(0, 3, 5, 6, 7),
    });
    expect(collect([])).toEqual({
      charset: [],
      chars: new Int32Array(0),
      offsets: Int32Array.of(0),
    });
  });

  it('are replaced one by one, once for each type', () => {
    const asked: number[] = [];
    const { chars, charset } = collect([2, 0, 1], (char) =>
      asked.push(char) % 2 === 0 ? 0 : char,
    );
    expect(asked).toEqual([1, 2, 4, 4, 2, 4]);
    expect(Array.from(chars, (i) => charset[i])).toEqual([1, 0, 4, 0, 2, 0]);
    expect(charset).toEqual([1, 0, 4, 2]);
  });
});

describe('the integers of a character encoder', () => {
  const arena = new Arena(0);
  const read = (address: number, n: number): number[] => [...arena.i32(address, n)];
  const shape = { N: 0, Y: 4, D: 1, x: 0, dx: 0, types: 0, training: false };
  const space = { integers: arena.layout, kept: arena.layout, scratch: arena.layout };
  const fill = (): void => {
    arena.reserve(arena.layout.end);
    arena.i32(0, arena.layout.end / 4).fill(-1);
  };

  it('stand word after word for the convolution', () => {
    const layer = characterCnn(contextOf('cnn'))!;
    const { sizes, write } = layer.prepare(batchOf([2, 0, 1, 3]));
    expect(sizes).toEqual({ L: 7, Q: 3 });
    const b = layer.layout(space, shape, sizes);
    fill();
    write(arena, b);
    expect(read(b.characters.charset, 3)).toEqual([1, 2, 4]);
    expect(read(b.offsets, 5)).toEqual([0, 3, 5, 6, 7]);
    expect(read(b.chars, 7)).toEqual([0, 1, 2, 2, 1, 2, 1]);
  });

  it('are packed over time for the LSTM, with the ends of each word', () => {
    const layer = characterLstm(contextOf('lstm'))!;
    const { sizes, write } = layer.prepare(batchOf([2, 0, 1, 3]));
    expect(sizes).toEqual({ L: 7, Q: 3, longest: 3 });
    const b = layer.layout(space, shape, sizes);
    fill();
    write(arena, b);
    expect(read(b.packing.rows, 3)).toEqual([4, 2, 1]);
    expect(read(b.chars, 7)).toEqual([0, 2, 2, 1, 1, 1, 2]);
    expect(read(b.first, 4)).toEqual([0, 1, 2, 3]);
    expect(read(b.last, 4)).toEqual([6, 5, 2, 3]);
  });
});
