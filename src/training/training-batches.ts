import {
  createTokenEncoder,
  type Noise,
  type TokenEncoder,
} from '../corpus/features/token-features.ts';
import { isBorder } from '../corpus/vocabulary.ts';
import type { TrainingBatch } from '../network/engine.ts';
import type { Random } from '../network/random.ts';
import type { NumberedCorpus } from './numbered-corpus.ts';
import type { Prepared } from './prepare.ts';

/** Makes batches of a corpus, as numbers. */
export interface BatchMaker {
  /** A batch of some sentences, with random dropout of words, characters, feature values and gazetteer matches. */
  noisy(sentences: readonly number[]): TrainingBatch;
  /**
   * The longest sentences of the corpus, at most 64, for `gradientNorms`. Each is cut to at most 200 tokens, and so
   * that its first and last tag are known.
   */
  longest(): TrainingBatch;
}

export const PROBE_DISTANCE = 200;
const PROBE_SENTENCES = 64;

export function createBatchMaker(prepared: Prepared, random: Random): BatchMaker {
  const { hyperparameters: h, corpus, teacherTargets, wordCounts, features } = prepared;
  const encoder = features && createTokenEncoder(features.features);
  const noise: Noise = {
    isUnknown: (row) => features!.counts[row] === 1 && random() < h.unknownProbability,
    isOverlooked: () => h.gazetteerDropout > 0 && random() < h.gazetteerDropout,
  };
  const isUnknown = (word: number): boolean =>
    (wordCounts[word] === 1 && random() < h.unknownProbability) ||
    (h.wordDropout > 0 && random() < h.wordDropout);
  const replaceChar = (char: number): number =>
    !isBorder(char) && random() < h.charDropout ? 0 : char;
  return {
    noisy(chosen) {
      const sentences = chosen.map((i) => corpus.sentences[i]!);
      const tags = chosen.map((i) => teacherTargets?.draw(i, random) ?? corpus.sentences[i]!.tags);
      return {
        wordTypes: corpus.types,
        sentences: sentences.map(({ types }) => types),
        words: sentences.map(({ words }) => words.map((word) => (isUnknown(word) ? 0 : word))),
        ...(encoder && { tokenFeatures: sentences.map((s) => encoder.bags(s.tokens!, noise)) }),
        tags: prepared.columns.map((_, head) => tags.map((heads) => heads[head]!)),
        tagSets: corpus.sets,
        ...(h.charDropout > 0 && { replaceChar }),
      };
    },
    longest: () => longestSentences(corpus, encoder),
  };
}

function longestSentences(
  { types, sentences }: NumberedCorpus,
  encoder: TokenEncoder | undefined,
): TrainingBatch {
  const isKnown = (tag: number): boolean => tag >= 0;
  const chosen = sentences
    .map((sentence) => {
      const from = Math.max(0, sentence.tags[0]!.findIndex(isKnown));
      const far = sentence.tags[0]!.subarray(from, from + PROBE_DISTANCE + 1);
      return { sentence, from, to: from + far.findLastIndex(isKnown) + 1 };
    })
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, PROBE_SENTENCES);
  type Sentence = NumberedCorpus['sentences'][number];
  const cut = (of: (sentence: Sentence) => Int32Array): Int32Array[] =>
    chosen.map(({ sentence, from, to }) => of(sentence).subarray(from, to));
  const tokenFeatures =
    encoder &&
    chosen.map(({ sentence, from, to }) => {
      const all = sentence.tokens!;
      return encoder.bags({ ...all, from: all.from + from, to: all.from + to });
    });
  return {
    wordTypes: types,
    sentences: cut((s) => s.types),
    words: cut((s) => s.words),
    ...(tokenFeatures && { tokenFeatures }),
    tags: sentences[0]?.tags.map((_, head) => cut((s) => s.tags[head]!)) ?? [],
  };
}
