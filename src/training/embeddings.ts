import { normalise, type Vocabulary } from '../corpus/vocabulary.ts';
import { type Coverage, readVectors } from '../vectors/vectors.ts';

/** Pretrained vectors for a vocabulary, to which words beyond the corpus may have been added. */
export interface Pretrained {
  readonly vocabulary: Vocabulary;
  /** How often each word of it occurs in the corpus. */
  readonly wordCounts: Int32Array;
  readonly dim: number;
  readonly coverage: Coverage;
  /** Words beyond the corpus that were kept. */
  readonly kept: number;
  /** Puts the vectors into the rows (words, dim) of their words; the others stay as they are. */
  fill(rows: Float32Array): void;
}

/**
 * Reads vectors for the words of a vocabulary, and the first `keep` other ones of the file.
 * @throws UserError for a file that is damaged, foreign, or of another dimension than `dim`
 */
export async function readPretrained(
  file: string,
  options: {
    vocabulary: Vocabulary;
    wordCounts: Int32Array;
    keep: number;
    dim?: number | undefined;
  },
): Promise<Pretrained> {
  const { vocabulary, wordCounts, keep, dim } = options;
  const { lowercase, words } = vocabulary;
  const wanted = new Map(words.map((word, row) => [word, wordCounts[row]!]));
  const table = await readVectors(file, {
    wanted,
    keep,
    fold: (word) => normalise(word, lowercase),
    ...(dim !== undefined && { dim }),
  });
  const others = table.words.filter((word) => !wanted.has(word));
  const all = [...words, ...others];
  const rowOf = new Map(all.map((word, row) => [word, row]));
  const counts = new Int32Array(all.length);
  counts.set(wordCounts);
  return {
    vocabulary: { ...vocabulary, words: all },
    wordCounts: counts,
    dim: table.dim,
    coverage: table.coverage,
    kept: others.length,
    fill(rows) {
      table.words.forEach((word, i) => {
        const vector = table.values.subarray(i * table.dim, (i + 1) * table.dim);
        rows.set(vector, rowOf.get(word)! * table.dim);
      });
    },
  };
}
