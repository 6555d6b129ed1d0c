import { createTokenEncoder, type NumberedTokens } from '../corpus/features/token-features.ts';
import { numberLabels } from '../corpus/tags/partial.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import type { WordTypes } from '../network/engine.ts';
import { type Random, shuffle } from '../network/random.ts';
import { type Window, windows } from '../tagging/windows.ts';
import type { LabelledSentence } from './labelled-corpus.ts';

/** A sentence, or a window of a long sentence, as numbers that do not change in training. */
export interface NumberedSentence {
  /** Index of each token in `NumberedCorpus.types`. */
  readonly types: Int32Array;
  /** Row of each token in the word embedding. */
  readonly words: Int32Array;
  /** `tags[c][t]`: tag of token t in column c, as in `TrainingBatch`; -1 if the token counts in another window. */
  readonly tags: readonly Int32Array[];
  /** Feature columns and gazetteer matches, if the vocabulary has them. */
  readonly tokens?: NumberedTokens;
}

export interface NumberedCorpus {
  /** The distinct tokens of the corpus. */
  readonly types: WordTypes;
  readonly sentences: readonly NumberedSentence[];
  /** For each tag column the sets of tags of its partial labels, as in `TrainingBatch`. */
  readonly sets: readonly (Float32Array | undefined)[];
}

/**
 * Maximum number of tokens of a training sentence. Longer sentences are cut into windows, to bound the memory of a
 * step.
 */
const MOST_TOKENS = 1024;

/** The windows of a sentence in training. */
export const trainingWindows = ({ length }: readonly string[]): Window[] =>
  windows(length, MOST_TOKENS);

/**
 * @param columns `columns[c]`: the sentences with the tags of tag column c
 * @param options.partial whether labels may be `?` or `NN|VB`. Default: false
 */
export function numberCorpus(
  columns: readonly (readonly LabelledSentence[])[],
  vocabulary: Vocabulary,
  { partial = false }: { partial?: boolean } = {},
): NumberedCorpus {
  const encoder = createEncoder(vocabulary);
  const tokenEncoder = vocabulary.tokenFeatures && createTokenEncoder(vocabulary.tokenFeatures);
  const labels = columns.map((_, c) => numberLabels((tag) => encoder.tag(tag, c)));
  const tagNumber = (tag: string, c: number): number =>
    partial ? labels[c]!.number(tag) : encoder.tag(tag, c);
  const typeNumbers = new Map<string, number>();
  const typeNumber = (token: string): number => {
    if (!typeNumbers.has(token)) typeNumbers.set(token, typeNumbers.size);
    return typeNumbers.get(token)!;
  };
  const sentences = columns[0]!.flatMap((sentence, s) => {
    const numberedTokens = tokenEncoder?.number(sentence);
    return trainingWindows(sentence.tokens).map(({ start, end, from, to }): NumberedSentence => {
      const tokens = sentence.tokens.slice(start, end);
      return {
        ...(numberedTokens && { tokens: { ...numberedTokens, from: start, to: end } }),
        types: Int32Array.from(tokens, typeNumber),
        words: Int32Array.from(tokens, encoder.word),
        tags: columns.map((column, c) =>
          Int32Array.from(tokens, (_, i) => {
            const tag = column[s]!.tags[start + i];
            const countsHere = start + i >= from && start + i < to;
            return tag !== undefined && countsHere ? tagNumber(tag, c) : -1;
          }),
        ),
      };
    });
  });
  return {
    types: encoder.types([...typeNumbers.keys()]),
    sentences,
    sets: columns.map((_, c) => labels[c]!.table(vocabulary.tags[c]!.length)),
  };
}

/** Sentences are sorted by length within this many batches: enough for equal lengths, few enough to stay random. */
const SORTED_BATCHES = 64;

/**
 * The batches of an epoch, in random order. Each holds indices of sentences of similar length.
 * @param lengths tokens of each sentence
 */
export function epochBatches(
  lengths: readonly number[],
  batchSize: number,
  random: Random,
): number[][] {
  const order = shuffle(
    lengths.map((_, i) => i),
    random,
  );
  const batches: number[][] = [];
  for (let from = 0; from < order.length; from += batchSize * SORTED_BATCHES) {
    const sorted = order
      .slice(from, from + batchSize * SORTED_BATCHES)
      .sort((a, b) => lengths[b]! - lengths[a]!);
    for (let first = 0; first < sorted.length; first += batchSize)
      batches.push(sorted.slice(first, first + batchSize));
  }
  return shuffle(batches, random);
}
