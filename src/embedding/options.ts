import { UserError } from '../errors.ts';

const whole = (value: number, least: number, most: number, about: string) => ({
  default: value,
  least,
  most,
  whole: true,
  about,
});
const real = (value: number, least: number, most: number, about: string) => ({
  default: value,
  least,
  most,
  whole: false,
  about,
});

/** Every number that `embed` can be told: its key here and, with dashes, its flag. The defaults are fastText's but for buckets. */
export const embeddingNumbers = {
  dim: whole(100, 1, 4096, 'width of the vectors'),
  epochs: whole(5, 1, 1e6, 'passes over the text'),
  window: whole(5, 1, 100, 'words on each side of a word, at most'),
  negatives: whole(5, 1, 100, 'noise words drawn for a word'),
  subsample: real(1e-4, 0, 1, 'share of the text above which words are thinned out (0: none)'),
  minNgram: whole(3, 1, 32, 'characters in the shortest n-grams'),
  maxNgram: whole(6, 0, 32, 'characters in the longest n-grams (0: words only, as word2vec)'),
  buckets: whole(200_000, 1, 1e8, 'rows that all n-grams share'),
  learningRate: real(0.05, 1e-12, 10, 'step size at the start; it falls to 0'),
  seed: whole(1, 0, 2 ** 31 - 1, 'of everything random'),
} as const;

export type EmbeddingNumbers = { readonly [K in keyof typeof embeddingNumbers]: number };

/**
 * Fills in defaults and checks ranges; values may be strings, as they come from a command line.
 * @throws UserError for what is no such number
 */
export function checkEmbedding(given: Readonly<Record<string, unknown>>): EmbeddingNumbers {
  const entries = Object.entries(embeddingNumbers).map(([name, kind]) => {
    const value = given[name] ?? kind.default;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (
      typeof number !== 'number' ||
      !(number >= kind.least && number <= kind.most) ||
      (kind.whole && !Number.isInteger(number))
    )
      throw new UserError(
        `embed: ${dashed(name)} ${String(value)}: expected a ${kind.whole ? 'whole ' : ''}number from ${kind.least} to ${kind.most}.`,
      );
    return [name, number];
  });
  const numbers = Object.fromEntries(entries) as EmbeddingNumbers;
  if (numbers.maxNgram > 0 && numbers.minNgram > numbers.maxNgram)
    throw new UserError(
      `embed: min-ngram ${numbers.minNgram} is more than max-ngram ${numbers.maxNgram}. Swap them, or give --max-ngram 0 for none.`,
    );
  return numbers;
}

/** `minNgram` -> `min-ngram`. */
export const dashed = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
