import { UserError } from '../errors.ts';
import { flagOf, integer, numberFrom, rangeText, real, valueText } from '../option-values.ts';

/**
 * Hyperparameters of word vectors: default, range and help text. The flag is the name written with dashes. The defaults
 * are those of fastText, except for the number of buckets.
 */
export const embeddingNumbers = {
  dim: integer(100, [1, 4096], 'vector dimension'),
  epochs: integer(5, [1, 1e6], 'number of epochs'),
  window: integer(5, [1, 100], 'window size: maximum number of words on each side'),
  negatives: integer(5, [1, 100], 'negative sampling: noise words per word'),
  subsample: real(
    1e-4,
    [0, 1],
    'subsampling threshold: relative frequency of a word; 0 for no subsampling',
  ),
  minNgram: integer(3, [1, 32], 'minimum n-gram length, in characters'),
  maxNgram: integer(
    6,
    [0, 32],
    'maximum n-gram length, in characters; 0 for no n-grams, as word2vec',
  ),
  buckets: integer(200_000, [1, 1e8], 'hash buckets for n-grams'),
  learningRate: real(0.05, [1e-12, 10], 'initial learning rate, which falls linearly to 0'),
  seed: integer(1, [0, 2 ** 31 - 1], 'random seed'),
} as const;

export type EmbeddingNumbers = { readonly [K in keyof typeof embeddingNumbers]: number };

/**
 * Checks ranges and adds defaults. A value may be a string (from the command line). Other names are ignored.
 * @throws UserError (SEQTAG_OPTION, SEQTAG_OPTION_CONFLICT)
 */
export function checkEmbedding(given: Readonly<Record<string, unknown>>): EmbeddingNumbers {
  const entries = Object.entries(embeddingNumbers).map(([name, option]) => {
    const value = given[name] ?? option.default;
    const number = numberFrom(value, option);
    if (number === undefined)
      throw new UserError(
        `embed: ${flagOf(name)} ${valueText(value)}: expected ${rangeText(option)}.`,
        { code: 'SEQTAG_OPTION', option: name },
      );
    return [name, number];
  });
  const numbers = Object.fromEntries(entries) as EmbeddingNumbers;
  if (numbers.maxNgram > 0 && numbers.minNgram > numbers.maxNgram)
    throw new UserError(
      `embed: the minimum n-gram length (${numbers.minNgram}) is above the maximum (${numbers.maxNgram}). Swap them, or set the maximum to 0 for no n-grams.`,
      { code: 'SEQTAG_OPTION_CONFLICT', option: 'maxNgram' },
    );
  return numbers;
}
