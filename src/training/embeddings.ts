import { normalise, type Vocabulary } from '../corpus/vocabulary.ts';
import { type Coverage, readVectors } from '../vectors/read.ts';

/** Pretrained vectors for a vocabulary. */
export interface Pretrained {
  /** The vocabulary of the corpus, followed by words that only the vector file has. */
  readonly vocabulary: Vocabulary;
  /** `wordCounts[i]`: how often word i occurs in the corpus. */
  readonly wordCounts: Int32Array;
  readonly dim: number;
  readonly coverage: Coverage;
  /** Number of words that only the vector file has. */
  readonly kept: number;
  /** Writes the vectors into the rows of a word embedding (words, dim). Rows of words without a vector keep their values. */
  fill(embedding: Float32Array): void;
}

/**
 * Reads the vectors of the words of a vocabulary, and of the first `keep` other words of the file.
 * @throws UserError for a file that is damaged, of an unknown format, or of a dimension other than `dim`
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
  const otherWords = table.words.filter((word) => !wanted.has(word));
  const allWords = [...words, ...otherWords];
  const rowOf = new Map(allWords.map((word, row) => [word, row]));
  const allCounts = new Int32Array(allWords.length);
  allCounts.set(wordCounts);
  return {
    vocabulary: { ...vocabulary, words: allWords },
    wordCounts: allCounts,
    dim: table.dim,
    coverage: table.coverage,
    kept: otherWords.length,
    fill(embedding) {
      table.words.forEach((word, i) => {
        const vector = table.values.subarray(i * table.dim, (i + 1) * table.dim);
        embedding.set(vector, rowOf.get(word)! * table.dim);
      });
    },
  };
}
