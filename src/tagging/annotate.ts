import type { Lemmatiser } from '../corpus/lemmas/lemmatiser.ts';
import type { Alternative, Annotation } from '../corpus/sentence.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { nBest } from '../network/crf/n-best.ts';
import { createPathSums, type PathSums, type Paths } from '../network/crf/path-sums.ts';
import { type CrfScores, headScores } from '../network/crf/scores.ts';
import type { Engine } from '../network/engine.ts';
import { type Constraint, createConstraints } from './constraints.ts';
import { lemmatisersOf } from './lemmas.ts';
import type { FeatureValues, PathScores, Predictor } from './predictor.ts';
import {
  createTagProbabilities,
  lemmaProbabilities,
  type TagProbabilities,
} from './tag-probabilities.ts';

export interface AnnotateOptions {
  /** Return the probability of each tag and each span. */
  readonly confidence?: boolean | undefined;
  /** From 0 to 1: plain tags of lower probability become `_`, and spans of lower probability are left out. */
  readonly minConfidence?: number | undefined;
  /** Return this many tag sequences for each sentence, or fewer if there are fewer. */
  readonly nBest?: number | undefined;
  /**
   * given[column][sentence][token] is a known label, in the corpus's scheme: a tag; `NN|VB` for one of several tags;
   * `?`, `_` or the empty string for any tag. The result is the most probable sequence that agrees with the known
   * labels, and probabilities are conditional on them. Undefined for a column without known labels.
   */
  readonly given?: readonly (readonly (readonly string[])[] | undefined)[] | undefined;
  /** As in `Tagger.tag`. */
  readonly features?: FeatureValues | undefined;
  /** Names a sentence in errors. Default: `sentence 1`. */
  readonly where?: ((sentence: number) => string) | undefined;
}

/**
 * For each tag column, for each sentence: the tags in the corpus's scheme, and the requested confidences and
 * alternatives.
 *
 * The probability of a tag is the sum over all paths that assign it to the token, after conversion to the corpus's
 * scheme. The probability of a span is the sum over all paths in which the span has exactly this start and end. A CRF
 * defines the probability of a path. Without a CRF it is the product of the softmax probabilities of the path's tags;
 * the constrained decoder normalises it over the paths that the scheme allows. With `given`, the softmax decoder
 * decodes spans as the constrained decoder does.
 *
 * @throws UserError if the model does not have a given tag, or if no tag sequence agrees with the given labels
 */
export type Annotate = (
  sentences: readonly (readonly string[])[],
  options?: AnnotateOptions,
) => Annotation[][];

/** A distribution over the paths of a head. */
interface Distribution {
  readonly scores: CrfScores;
  readonly sums: PathSums;
}

interface Column {
  readonly tagColumn: TagColumn;
  readonly names: readonly string[];
  readonly lemmatiser: Lemmatiser | undefined;
  readonly probabilities: TagProbabilities;
  readonly distribution: Distribution;
  /** The distribution over the paths that the scheme allows; used if labels are given. */
  readonly constrained: Distribution;
}

export function createAnnotate(
  engine: Engine,
  vocabulary: Vocabulary,
  {
    tagColumns,
    predictor,
  }: { tagColumns: readonly TagColumn[]; predictor: Pick<Predictor, 'predictScores'> },
): Annotate {
  let columns: readonly Column[] | undefined;
  return (sentences, options = {}) => {
    columns ??= createColumns(engine, vocabulary, tagColumns);
    const { features, given = [], where = (s) => `sentence ${s + 1}` } = options;
    const constraints = columns.map(({ names, tagColumn, lemmatiser }, c) => {
      const labels = given[c];
      const known = labels && { labels, sentences, where };
      return known && createConstraints(known, names, { ...tagColumn, lemmatiser });
    });
    const scores = predictor.predictScores(sentences, features);
    return columns.map((column, c) =>
      sentences.map((tokens, s) => {
        const sentence = scores[c]![s]!;
        const constraint = constraints[c]?.[s];
        const { sums } = constraint ? column.constrained : column.distribution;
        const paths = lazy(() => sums(sentence.emissions, constraint));
        if (constraint && paths().broken >= 0) {
          const t = paths().broken;
          throw new UserError(
            `${where(s)}: no tag sequence agrees with the labels given up to token ${t + 1}, "${tokens[t]!.slice(0, 40)}". Correct them, or give ? for unknown tags.`,
            { code: 'SEQTAG_TAGS', option: 'given' },
          );
        }
        const { lemmatiser } = column;
        const own = lemmatiser
          ? { ...column, probabilities: lemmaProbabilities(lemmatiser, tokens) }
          : column;
        return annotation(own, sentence, { ...options, constraint, paths });
      }),
    );
  };
}

function createColumns(
  engine: Engine,
  vocabulary: Vocabulary,
  tagColumns: readonly TagColumn[],
): readonly Column[] {
  const { config } = engine;
  const allowed = allowedTransitionsOf(config, vocabulary, tagColumns);
  const schemes = allowedTransitionsOf(
    { ...config, decoder: 'constrained' },
    vocabulary,
    tagColumns,
  );
  const lemmatisers = lemmatisersOf(vocabulary, tagColumns);
  return tagColumns.map((tagColumn, c) => {
    const names = vocabulary.tags[c]!;
    const lemmatiser = lemmatisers[c];
    const distributionOver = (transitions: Int32Array | undefined): Distribution => {
      const scores = headScores(engine, c, transitions);
      return { scores, sums: createPathSums(scores) };
    };
    const distribution = distributionOver(allowed[c]);
    const constrained =
      config.decoder === 'softmax' && schemes[c] ? distributionOver(schemes[c]) : distribution;
    const probabilities = createTagProbabilities(names, tagColumn);
    return { tagColumn, names, lemmatiser, probabilities, distribution, constrained };
  });
}

function annotation(
  { probabilities, tagColumn, distribution, constrained }: Column,
  { best, emissions }: PathScores,
  options: AnnotateOptions & { constraint: Constraint | undefined; paths: () => Paths },
): Annotation {
  const { confidence, minConfidence = 0, constraint, paths } = options;
  const { scores } = constraint ? constrained : distribution;
  const path = constraint ? nBest(scores, emissions, { n: 1, ...constraint })[0]!.tags : best;
  const tags = probabilities.tags(path);
  const sequences = options.nBest && {
    nBest: alternatives(probabilities, paths(), options.nBest, (n) =>
      nBest(scores, emissions, { n, ...constraint }).map((found) => found.tags),
    ),
  };
  if (!confidence && minConfidence === 0) return { tags, ...sequences };
  const spans = probabilities
    .spans(tags)
    .map((span) => ({ ...span, confidence: probabilities.ofSpan(paths(), span) }));
  const dropped = spans.filter((span) => span.confidence < minConfidence);
  const left = dropped.length > 0 ? probabilities.withoutSpans(tags, dropped) : tags;
  const confidences = probabilities.ofTags(paths(), left);
  const kept =
    tagColumn.scheme === 'none'
      ? left.map((tag, t) => (confidences[t]! >= minConfidence ? tag : '_'))
      : left;
  if (!confidence) return { tags: kept, ...sequences };
  const keptSpans = spans.filter((span) => span.confidence >= minConfidence);
  return { tags: kept, confidences, spans: keptSpans, ...sequences };
}

/** Maximum number of searched paths per requested sequence. Several paths may give the same sequence. */
const MOST_PATHS = 32;

/** The `n` most probable sequences of tags among the best paths. */
function alternatives(
  probabilities: TagProbabilities,
  paths: Paths,
  n: number,
  bestPaths: (n: number) => Int32Array[],
): Alternative[] {
  for (let wanted = n; ; wanted *= 2) {
    const found = bestPaths(wanted);
    const distinct = new Map(
      found.map((path) => {
        const tags = probabilities.tags(path);
        return [tags.join('\t'), tags] as const;
      }),
    );
    if (distinct.size < n && found.length === wanted && wanted < MOST_PATHS * n) continue;
    return [...distinct.values()]
      .map((tags) => ({ tags, probability: probabilities.ofSequence(paths, tags) }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, n);
  }
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
