import type { Vectors } from '../../src/vectors/write.ts';

export const bytesOf = (parts: Iterable<Uint8Array>): Buffer => Buffer.concat([...parts]);

export const vectors = (words: readonly string[], values: Float32Array, dim: number): Vectors => ({
  words,
  values,
  dim,
});

/** A file as word2vec writes it in binary. */
export const binary = (rows: Record<string, number[]>, { feed = '\n' } = {}): Buffer => {
  const entries = Object.entries(rows);
  const out = [Buffer.from(`${entries.length} ${entries[0]![1].length}\n`)];
  for (const [word, values] of entries) {
    out.push(
      Buffer.from(`${word} `),
      Buffer.from(Float32Array.from(values).buffer),
      Buffer.from(feed),
    );
  }
  return Buffer.concat(out);
};

/** A model as fastText writes it (`.bin`, version 12): the rows of its words, then those of the buckets. */
export function fasttextModel(options: {
  words: readonly string[];
  matrix: readonly (readonly number[])[];
  minNgram?: number;
  maxNgram?: number;
  version?: number;
  /** 1 cbow, 2 skipgram, 3 classifier. */
  kind?: number;
  pruned?: bigint;
  quantized?: boolean;
}): Buffer {
  const { words, matrix, minNgram = 3, maxNgram = 3, version = 12 } = options;
  const dim = matrix[0]!.length;
  const int32 = (...values: number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);
  const int64 = (...values: bigint[]): Buffer => Buffer.from(BigInt64Array.from(values).buffer);
  const buckets = matrix.length - words.length;
  return Buffer.concat([
    int32(793712314, version),
    int32(dim, 5, 5, 1, 5, 1, 2, options.kind ?? 2, buckets, minNgram, maxNgram, 100),
    Buffer.from(Float64Array.of(1e-4).buffer),
    int32(words.length + 1, words.length, 1),
    int64(99n),
    version >= 12 ? int64(options.pruned ?? -1n) : Buffer.alloc(0),
    ...[...words, '__label__x'].map((word, i) =>
      Buffer.concat([Buffer.from(`${word}\0`), int64(3n), Buffer.of(Number(i === words.length))]),
    ),
    Buffer.of(options.quantized ? 1 : 0),
    int64(BigInt(matrix.length), BigInt(dim)),
    Buffer.from(Float32Array.from(matrix.flat()).buffer),
    Buffer.from('the output matrix is not read'),
  ]);
}
