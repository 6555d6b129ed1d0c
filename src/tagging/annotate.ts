import type { Alternative, Annotation } from '../corpus/sentence.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { nBest } from '../network/crf/n-best.ts';
import { createPathSums, type PathSums, type Paths } from '../network/crf/path-sums.ts';
import { type CrfScores, headScores } from '../network/crf/scores.ts';
import type { Engine } from '../network/engine.ts';
import { type Answers, createAnswers } from './answers.ts';
import { type Known, numberGiven } from './given.ts';
import type { FeatureValues, PathScores, Predictor } from './predictor.ts';

export interface AnnotateOptions {
  /** Tell the probability of each tag and each span. */
  readonly confidence?: boolean | undefined;
  /** From 0 to 1: plain tags of lower probability become `_`, and of the spans those of lower probability are left out. */
  readonly minConfidence?: number | undefined;
  /** Tell so many sequences of tags of each sentence, fewer where there are not so many. */
  readonly nBest?: number | undefined;
  /**
   * given[column][sentence][token], what is known, in the corpus's own scheme: a tag; `NN|VB`, one of these; `?`, `_` or
   * the empty string where it may be any. The tags are then the most probable that agree with it, and probabilities are
   * those under this condition. Undefined where nothing is known of a column.
   */
  readonly given?: readonly (readonly (readonly string[])[] | undefined)[] | undefined;
  /** As of `Tagger.tag`. */
  readonly features?: FeatureValues | undefined;
  /** Names a sentence in errors. Default: `sentence 1`. */
  readonly where?: ((sentence: number) => string) | undefined;
}

/**
 * For each column, of each sentence, its tags in the corpus's own scheme, and what the options ask for.
 *
 * Probabilities are those of answers: of a tag it is the sum over all paths of trained tags that give it to the token, of
 * a span over all in which it begins and ends just there, whatever the scheme that was trained. Paths have their
 * probability by the CRF, or are products of what a softmax says of each token, of the constrained decoder among the paths
 * that the scheme allows. A softmax decodes spans as the constrained decoder does where something is given.
 *
 * @throws UserError where a given tag is none of the model's, or no sequence of its tags agrees with what is given
 */
export type Annotate = (
  sentences: readonly (readonly string[])[],
  options?: AnnotateOptions,
) => Annotation[][];

/** A distribution over paths. */
interface Field {
  readonly scores: CrfScores;
  readonly sums: PathSums;
}

interface Column {
  readonly tagColumn: TagColumn;
  readonly names: readonly string[];
  readonly answers: Answers;
  readonly field: Field;
  /** Where something is given: the same within the rules of the scheme. */
  readonly ruled: Field;
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
    const known = columns.map(({ names, tagColumn }, c) => {
      const labels = given[c];
      return labels && numberGiven({ labels, sentences, where }, names, tagColumn);
    });
    const scored = predictor.predictScores(sentences, features);
    return columns.map((column, c) =>
      sentences.map((tokens, s) => {
        const own = known[c]?.[s];
        const { ruled, field } = column;
        const paths = lazy(() => (own ? ruled : field).sums(scored[c]![s]!.emissions, own));
        if (own && paths().broken >= 0) {
          const t = paths().broken;
          throw new UserError(
            `${where(s)}: no sequence of tags agrees with what is given up to token ${t + 1}, "${tokens[t]!.slice(0, 40)}". Mend it, or give ? where it is not known.`,
          );
        }
        return annotation(column, scored[c]![s]!, { ...options, known: own, paths });
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
  const own = allowedTransitionsOf(config, vocabulary, tagColumns);
  const rules = allowedTransitionsOf({ ...config, decoder: 'constrained' }, vocabulary, tagColumns);
  return tagColumns.map((tagColumn, c) => {
    const names = vocabulary.tags[c]!;
    const fieldOf = (links: Int32Array | undefined): Field => {
      const scores = headScores(engine, c, links);
      return { scores, sums: createPathSums(scores) };
    };
    const field = fieldOf(own[c]);
    const ruled = config.decoder === 'softmax' && rules[c] ? fieldOf(rules[c]) : field;
    return { tagColumn, names, answers: createAnswers(names, tagColumn), field, ruled };
  });
}

function annotation(
  { answers, tagColumn, field, ruled }: Column,
  { best, emissions }: PathScores,
  options: AnnotateOptions & { known: Known | undefined; paths: () => Paths },
): Annotation {
  const { confidence, minConfidence = 0, known, paths } = options;
  const { scores } = known ? ruled : field;
  const path = known ? nBest(scores, emissions, { n: 1, ...known })[0]!.tags : best;
  const tags = answers.read(path);
  const nBestOf = options.nBest && {
    nBest: alternatives(answers, paths(), options.nBest, (n) =>
      nBest(scores, emissions, { n, ...known }).map((one) => one.tags),
    ),
  };
  if (!confidence && minConfidence === 0) return { tags, ...nBestOf };
  const found = answers
    .spans(tags)
    .map((span) => ({ ...span, confidence: answers.spanShare(paths(), span) }));
  const isKept = (one: { confidence: number }): boolean => one.confidence >= minConfidence;
  const dropped = found.filter((span) => !isKept(span));
  const left = dropped.length > 0 ? answers.without(tags, dropped) : tags;
  const confidences = answers.tagShares(paths(), left);
  const sure =
    tagColumn.scheme === 'none'
      ? left.map((tag, t) => (isKept({ confidence: confidences[t]! }) ? tag : '_'))
      : left;
  if (!confidence) return { tags: sure, ...nBestOf };
  return { tags: sure, confidences, spans: found.filter(isKept), ...nBestOf };
}

/** Sequences are sought among this many times as many paths, several of which may mean the same. */
const MOST_PATHS = 32;

/** The `n` most probable answers among the best paths. */
function alternatives(
  answers: Answers,
  paths: Paths,
  n: number,
  best: (n: number) => Int32Array[],
): Alternative[] {
  for (let wanted = n; ; wanted *= 2) {
    const found = best(wanted);
    const distinct = new Map(
      found.map((path) => {
        const tags = answers.read(path);
        return [tags.join('\t'), tags] as const;
      }),
    );
    if (distinct.size < n && found.length === wanted && wanted < MOST_PATHS * n) continue;
    return [...distinct.values()]
      .map((tags) => ({ tags, probability: answers.share(paths, tags) }))
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
