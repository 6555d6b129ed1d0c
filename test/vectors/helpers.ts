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
