import { type TokenLines, tokensWithin, tokenText } from '../corpus/index.ts';
import { convert } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import type { TagColumn } from '../model/model.ts';
import type { Batch, EmissionOptions, Emissions, Engine } from '../network/engine.ts';
import { chooseAllowed, hasForbidden, lemmasOf, lemmatisersOf } from './lemmas.ts';
import { batches, join, joinScores, type Window, windows } from './windows.ts';
import { createWordIds } from './word-ids.ts';

/** For each tag column, for each sentence, the tags in the corpus's scheme, or the lemmas. */
export type Columns = string[][][];

/** features[sentence][column][token] */
export type FeatureValues = readonly (readonly (readonly string[])[])[];

/** The best path and the scores of a sentence in one tag column. */
export interface PathScores {
  /** The tags that `predict` gives. */
  readonly best: Int32Array;
  /**
   * (L, K) scores. A token in several windows has the scores of the window in which it is farthest from a cut. Edit
   * scripts that a word may not have are all but impossible.
   */
  readonly emissions: Float32Array;
}

/** Tags sentences with the current parameters of an engine. */
export interface Predictor {
  /** Maximum number of tokens of a batch. Longer sentences are cut into windows of this length. */
  readonly maxTokens: number;
  /**
   * For each tag column, for each sentence, the tags in the corpus's scheme.
   * @param features for each sentence, the values of each feature column of the model
   * @throws UserError if the model's feature columns are missing
   */
  predict(sentences: readonly (readonly string[])[], features?: FeatureValues): Columns;
  /**
   * Begins `predict` and returns a function that completes it. In between, other threads compute while this thread may
   * read and write. A second `begin` first completes the earlier one, whose result stays available.
   */
  begin(sentences: readonly (readonly string[])[], features?: FeatureValues): () => Columns;
  /**
   * As `begin`, for tokens as bytes: at most `maxTokens`, or one sentence. The model must have no feature columns.
   * @throws UserError if they are not UTF-8
   */
  beginLines(batch: TokenLines): () => Columns;
  /** For each tag column, for each sentence, the tags as numbers, in the trained scheme. */
  predictPaths(
    sentences: readonly (readonly string[])[],
    features?: FeatureValues,
  ): (readonly Int32Array[])[];
  /** For each tag column, for each sentence, the best path and all scores. */
  predictScores(
    sentences: readonly (readonly string[])[],
    features?: FeatureValues,
  ): (readonly PathScores[])[];
  /** Whether the word, after the model's normalisation, has a row in the word embedding. */
  isKnown(token: string): boolean;
  /** For how many tokens so far another script replaced the best one, which removes more letters than the word has. */
  misfits(): number;
}

export interface PredictorOptions {
  /** Called when a score is infinite or NaN. Default: the tags are used all the same. */
  readonly onNotFinite?: () => void;
}

export function createPredictor(
  engine: Engine,
  vocabulary: Vocabulary,
  tagColumns: readonly Pick<TagColumn, 'scheme' | 'trainedScheme' | 'lemmas' | 'lexicon'>[],
  { onNotFinite = () => undefined }: PredictorOptions = {},
): Predictor {
  const { maxTokens } = engine;
  const wordIds = createWordIds(vocabulary);
  const lemmatisers = lemmatisersOf(vocabulary, tagColumns);
  const hasLemmas = lemmatisers.some((lemmatiser) => lemmatiser !== undefined);
  let misfits = 0;
  let finishPrevious: () => unknown = () => undefined;

  function beginBatch(batch: Batch, options: EmissionOptions = {}): () => Emissions {
    finishPrevious();
    const finish = engine.beginEmissions(batch, options);
    let found: Emissions | undefined;
    const finishOnce = (): Emissions => {
      found ??= finish();
      return found;
    };
    finishPrevious = finishOnce;
    return () => {
      const emissions = finishOnce();
      if (emissions.areFinite === false) onNotFinite();
      return emissions;
    };
  }

  /** Begins to compute, for each tag column, for each sentence, the best path and, if requested, the scores (L, K). */
  function beginPaths(
    sentences: readonly (readonly string[])[],
    features: FeatureValues,
    options: { scores: boolean },
  ): () => { best: Int32Array[][]; scores: Float32Array[][] } {
    const cuts = sentences.map(({ length }) => windows(length, maxTokens));
    const pieces = sentences.flatMap((tokens, s) =>
      wordIds.cut(tokens, cuts[s]!, features[s] ?? []),
    );
    const best: Int32Array[][] = tagColumns.map(() => []); // for each column, for each piece
    const scores: Float32Array[][] = tagColumns.map(() => []);
    let collect = (): void => undefined;
    for (const batch of batches(pieces, maxTokens)) {
      const finish = beginBatch(wordIds.ofPieces(batch), options);
      collect();
      collect = () => {
        const found = finish();
        const lengths = batch.map(({ tokens }) => tokens.length);
        tagColumns.forEach((_, column) => {
          best[column]!.push(...divided(found.best[column]!, lengths));
          if (!found.scores) return;
          const K = vocabulary.tags[column]!.length;
          const sizes = lengths.map((length) => length * K);
          scores[column]!.push(...divided(found.scores[column]!, sizes));
        });
      };
    }
    return () => {
      collect();
      collect = () => undefined;
      return {
        best: best.map((parts) => joined(parts, cuts, join)),
        scores: options.scores ? scores.map((parts) => joined(parts, cuts, joinScores)) : [],
      };
    };
  }

  /**
   * Replaces edit scripts that their words may not have: those that remove more letters than there are, and those that the
   * lexicon does not have for the word. They are rare, so the scores that choose others are computed only for the sentences
   * in question.
   */
  function withAllowedScripts(
    best: Int32Array[][],
    sentences: readonly (readonly string[])[],
    features: FeatureValues,
  ): Int32Array[][] {
    return best.map((paths, column) => {
      const lemmatiser = lemmatisers[column];
      if (!lemmatiser) return paths;
      const wrong = paths.flatMap((path, s) =>
        hasForbidden(lemmatiser, sentences[s]!, path) ? [s] : [],
      );
      if (wrong.length === 0) return paths;
      const scored = predictScores(
        wrong.map((s) => sentences[s]!),
        wrong.map((s) => features[s] ?? []),
      )[column]!;
      const mended = [...paths];
      wrong.forEach((s, i) => {
        mended[s] = paths[s]!.map((k, t) => {
          const token = sentences[s]![t]!;
          if (lemmatiser.allows(token, k)) return k;
          if (!lemmatiser.fits(token, k)) misfits++;
          return scored[i]!.best[t]!;
        });
      });
      return mended;
    });
  }

  function predictScores(
    sentences: readonly (readonly string[])[],
    features: FeatureValues,
  ): PathScores[][] {
    const { best, scores } = beginPaths(sentences, features, { scores: true })();
    return best.map((paths, column) =>
      paths.map((path, s) => {
        const found = { best: path, emissions: scores[column]![s]! };
        const lemmatiser = lemmatisers[column];
        if (lemmatiser) chooseAllowed(lemmatiser, sentences[s]!, found);
        return found;
      }),
    );
  }

  /** The lemmas of a column, or the names of its tags, in the corpus's scheme. */
  function named(
    column: number,
    paths: readonly Int32Array[],
    sentences: readonly (readonly string[])[],
  ): string[][] {
    const lemmatiser = lemmatisers[column];
    if (lemmatiser) return paths.map((path, s) => lemmasOf(lemmatiser, sentences[s]!, path));
    const names = vocabulary.tags[column]!;
    const { scheme, trainedScheme } = tagColumns[column]!;
    return paths.map((path) => {
      const tags = new Array<string>(path.length);
      for (let i = 0; i < path.length; i++) tags[i] = names[path[i]!]!;
      return scheme === 'none' ? tags : convert(tags, trainedScheme, scheme);
    });
  }

  function begin(
    sentences: readonly (readonly string[])[],
    features: FeatureValues = [],
  ): () => Columns {
    const finish = beginPaths(sentences, features, { scores: false });
    return () =>
      withAllowedScripts(finish().best, sentences, features).map((paths, column) =>
        named(column, paths, sentences),
      );
  }

  function beginLines(batch: TokenLines): () => Columns {
    const isLong = batch.ends.length === 1 && batch.tokens > maxTokens;
    const cuts = isLong ? windows(batch.tokens, maxTokens) : [];
    const parts = isLong ? cuts.map((window) => tokensWithin(batch, window)) : [batch];
    const finishes = parts.map((part) => beginBatch(wordIds.ofLines(part)));
    const lengths = batch.ends.map((end, s) => end - (batch.ends[s - 1] ?? 0));
    return () => {
      const best = tagColumns.map((_, column) => {
        const found = finishes.map((finish) => finish().best[column]!);
        return isLong ? [join(cuts, found)] : [...divided(found[0]!, lengths)];
      });
      const sentences = hasLemmas ? sentencesIn(batch) : [];
      return withAllowedScripts(best, sentences, []).map((paths, column) =>
        named(column, paths, sentences),
      );
    };
  }

  return {
    maxTokens,
    isKnown: wordIds.isKnown,
    predict: (sentences, features) => begin(sentences, features)(),
    begin,
    beginLines,
    misfits: () => misfits,
    predictPaths(sentences, features = []) {
      const { best } = beginPaths(sentences, features, { scores: false })();
      return withAllowedScripts(best, sentences, features);
    },
    predictScores: (sentences, features = []) => predictScores(sentences, features),
  };
}

const sentencesIn = (batch: TokenLines): string[][] =>
  batch.ends.map((end, s) => {
    const start = batch.ends[s - 1] ?? 0;
    return Array.from({ length: end - start }, (_, t) => tokenText(batch, start + t));
  });

/** Splits numbers into consecutive parts of these lengths. */
function* divided<Numbers extends Int32Array | Float32Array>(
  all: Numbers,
  lengths: readonly number[],
): Generator<Numbers> {
  let end = 0;
  for (const length of lengths) {
    end += length;
    yield all.subarray(end - length, end) as Numbers;
  }
}

/** Joins the windows of each sentence. */
function joined<Part>(
  parts: readonly Part[],
  cuts: readonly (readonly Window[])[],
  join: (windows: readonly Window[], parts: readonly Part[]) => Part,
): Part[] {
  let at = 0;
  return cuts.map((windows) => {
    at += windows.length;
    return join(windows, parts.slice(at - windows.length, at));
  });
}
