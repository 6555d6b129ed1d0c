import type { Alternative, Annotation, Column } from '../sentence.ts';
import { isName } from './column-choice.ts';

// Confidences are written with four decimals. Probabilities of tag sequences may be small and are
// written with four significant digits.

export const decimals = (confidence: number): string => confidence.toFixed(4);

export const rounded = (confidence: number): number => Number(decimals(confidence));

/** A name for something that belongs to each tag column: `confidence`; of several, `confidence_upos`. */
export const nameForEach = (name: string, tagColumns: readonly (Column | undefined)[]): string[] =>
  tagColumns.map((column, c) =>
    tagColumns.length === 1 ? name : `${name}_${isName(column) ? column : c + 1}`,
  );

/** The confidences of each tag column as cells, one per token. */
export const confidenceCells = (annotations: readonly Annotation[]): string[][] =>
  annotations.map(({ confidences }) => confidences!.map(decimals));

/** The second to `n`-th best tags of each tag column as cells, `_` where there are fewer sequences. */
export const alternativeCells = (annotations: readonly Annotation[], n: number): string[][] =>
  annotations.flatMap(({ tags, nBest }) =>
    Array.from({ length: n - 1 }, (_, i) => tags.map((_, t) => nBest![i + 1]?.tags[t] ?? '_')),
  );

/** A sequence of tags with its probability as it is written. */
export const roundedAlternative = ({ tags, probability }: Alternative): Alternative => ({
  tags,
  probability: Number(probability.toPrecision(4)),
});

/**
 * The annotations of two consecutive texts as those of one. The texts are independent, so the
 * probability of two sequences is the product. Spans are dropped.
 * @param n how many of the most probable sequences to keep
 */
export function joinAnnotations(
  first: Annotation,
  second: Annotation,
  n: number | undefined,
): Annotation {
  const { nBest, confidences } = second;
  return {
    tags: [...first.tags, ...second.tags],
    confidences: confidences && [...first.confidences!, ...confidences],
    nBest: nBest && mostProbable(first.nBest!, nBest, n!),
  };
}

function mostProbable(
  first: readonly Alternative[],
  second: readonly Alternative[],
  n: number,
): Alternative[] {
  return first
    .flatMap((a) => second.map((b) => ({ a, b, probability: a.probability * b.probability })))
    .sort((one, other) => other.probability - one.probability)
    .slice(0, n)
    .map(({ a, b, probability }) => ({ tags: [...a.tags, ...b.tags], probability }));
}
