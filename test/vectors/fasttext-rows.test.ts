import { describe, expect, test } from 'vitest';
import { readVectors, type VectorTable } from '../../src/vectors/read.ts';
import { expectUserErrorAsync, stream } from '../corpus/helpers.ts';
import { fasttextModel } from './helpers.ts';

const read = (
  content: Uint8Array,
  words: readonly string[],
  { keep = 0, cuts = [] }: { keep?: number; cuts?: readonly number[] } = {},
): Promise<VectorTable> =>
  readVectors(stream(content, cuts), {
    counts: new Map(words.map((word) => [word, 1])),
    keep,
    file: 'file',
  });

const shown = ({ words, values, dim }: VectorTable): string =>
  words.map((word, i) => `${word}=${[...values.subarray(i * dim, (i + 1) * dim)]}`).join(' ');

// FNV-1a over signed bytes modulo 4, computed with big numbers as dictionary.cc does with 32 bits
const bucket = (gram: string): number => {
  let hash = 2166136261n;
  for (const byte of Buffer.from(gram)) {
    hash ^= BigInt.asUintN(32, BigInt(byte > 127 ? byte - 256 : byte));
    hash = BigInt.asUintN(32, hash * 16777619n);
  }
  return Number(hash % 4n);
};
const buckets = [
  [1, 0],
  [0, 1],
  [2, 0],
  [0, 4],
];
const mean = (rows: readonly (readonly number[])[]): number[] =>
  [0, 1].map((d) => Math.fround(rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length));
const grams = (...names: string[]) => names.map((gram) => buckets[bucket(gram)]!);

const words = ['</s>', 'cat', 'é'];
const matrix = [[7, 7], [3, 5], [1, 1], ...buckets];
const model = fasttextModel({ words, matrix });

describe('the vector of a word', () => {
  const cat = mean([[3, 5], ...grams('<ca', 'cat', 'at>')]);

  test('is the mean of its row and its n-grams', async () => {
    const table = await read(model, ['cat', 'é', '</s>']);
    expect(table.dim).toBe(2);
    expect(shown(table)).toBe(`</s>=7,7 cat=${cat} é=${mean([[1, 1], ...grams('<é>')])}`);
  });

  test('that the model does not know is the mean of its n-grams', async () => {
    const { coverage, ...table } = await read(model, ['cats', 'cat']);
    const cats = mean(grams('<ca', 'cat', 'ats', 'ts>'));
    expect(shown({ coverage, ...table })).toBe(`cat=${cat} cats=${cats}`);
    expect(coverage).toMatchObject({ exact: 2, missing: 0 });
  });

  test('is found in another form before n-grams are used, and the first words are kept', async () => {
    expect(shown(await read(model, ['CAT']))).toBe(`cat=${cat}`);
    expect((await read(model, [], { keep: 2 })).words).toEqual(['</s>', 'cat']);
  });

  test('does not depend on how the bytes are cut, or on the version', async () => {
    const every = [...model.keys()];
    expect(shown(await read(model, ['cat', 'x'], { cuts: every }))).toBe(
      shown(await read(model, ['cat', 'x'])),
    );
    const version11 = fasttextModel({ words, matrix, version: 11 });
    expect(shown(await read(version11, ['cat']))).toBe(`cat=${cat}`);
  });

  test('is its row in a classifier of version 11', async () => {
    const old = fasttextModel({ words, matrix, version: 11, kind: 3 });
    expect(shown(await read(old, ['cat']))).toBe('cat=3,5');
    expect(shown(await read(fasttextModel({ words, matrix, kind: 3 }), ['cat']))).toBe(
      `cat=${cat}`,
    );
  });

  test('is its row if the model has no n-grams', async () => {
    const plain = fasttextModel({ words, matrix: matrix.slice(0, 3), maxNgram: 0 });
    const table = await read(plain, ['cat', 'dog']);
    expect(shown(table)).toBe('cat=3,5');
    expect(table.coverage.examples).toEqual(['dog']);
  });
});

test('what follows the first matrix is not read', async () => {
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield model;
    } finally {
      closed = true;
    }
  }
  const counts = new Map([['cat', 1]]);
  expect((await readVectors(endless(), { counts })).words).toEqual(['cat']);
  expect(closed).toBe(true);
});

test.each<[string, Buffer, RegExp]>([
  ['a file that is cut short', model.subarray(0, -60), /^file: the file is cut short\. Download/],
  ['the head alone', model.subarray(0, 20), /^file: the file is cut short/],
  [
    'a quantized model',
    fasttextModel({ words, matrix, quantized: true }),
    /^file: a quantized fastText model\. Take the full model or its \.vec file\.$/,
  ],
  ['a pruned model', fasttextModel({ words, matrix, pruned: 5n }), /^file: a quantized fastText/],
  [
    'a new version',
    fasttextModel({ words, matrix, version: 13 }),
    /^file: .* version 13, expected/,
  ],
  [
    'a value that is not finite',
    fasttextModel({ words, matrix: [[7, 7], [Number.NaN, 5], [1, 1], ...buckets] }),
    /^file: a value of "cat" is not a finite number/,
  ],
])('%s is refused', async (_, content, pattern) => {
  await expectUserErrorAsync(() => read(content, ['cat']), pattern);
});
