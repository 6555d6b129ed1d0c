import { UserError } from '../../errors.ts';
import type { Alternative, Annotation, Column, Format, WriteOptions } from '../sentence.ts';
import { conlluFields, fieldOf } from './conllu.ts';
import { isName } from './places.ts';

// What is written beside tags. Confidences have four decimals, probabilities of sequences, which may be small, four digits.

type Beside = Pick<WriteOptions, 'confidence' | 'nBest'>;

export const decimals = (confidence: number): string => confidence.toFixed(4);

export const rounded = (confidence: number): number => Number(decimals(confidence));

const written = ({ tags, probability }: Alternative): Alternative => ({
  tags,
  probability: Number(probability.toPrecision(4)),
});

/**
 * The columns, fields or keys beside those of tags, in the order of `besideCells` or `besideValues`.
 * @throws UserError where the format has no place for them
 */
export function besideColumns(
  format: Format,
  asked: readonly (Column | undefined)[],
  { confidence = false, nBest }: Beside,
): (Column | undefined)[] {
  if (nBest !== undefined && format !== 'jsonl' && format !== 'columns')
    throw new UserError(
      `the format ${format} has no place for several sequences of tags. Choose jsonl or columns.`,
    );
  if (confidence && (format === 'inline' || format === 'horizontal'))
    throw new UserError(
      `the format ${format} has no place for confidences. Choose columns, conllu, csv, tsv, jsonl, spans or html.`,
    );
  /** A name for each column of tags; of several with that of the tags. */
  const isOne = asked.length === 1;
  const named = (name: string): string[] =>
    asked.map((column, c) => (isOne ? name : `${name}_${isName(column) ? column : c + 1}`));
  switch (format) {
    case 'columns': {
      const alternatives = asked.length * Math.max(0, (nBest ?? 1) - 1);
      return new Array(alternatives + (confidence ? asked.length : 0)).fill(undefined);
    }
    case 'csv':
    case 'tsv':
      return confidence ? named('confidence') : [];
    case 'conllu':
      return confidence ? asked.map((column) => (isOne ? 'Conf' : confKey(column!))) : [];
    case 'jsonl':
      return [
        ...(confidence ? named('confidences') : []),
        ...(nBest === undefined ? [] : named('nbest')),
      ];
    default:
      return [];
  }
}

/** Of UPOS ConfUpos, of the key NER ConfNER. */
function confKey(tags: Column): string {
  const { column, key } = fieldOf(tags, 'tag');
  const name = key ?? conlluFields[column]!;
  return `Conf${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Cells of a token a line: of columns the second best tags of each column of tags, its third and so on; confidences. */
export function besideCells(
  annotations: readonly Annotation[],
  format: Format,
  { confidence = false, nBest = 1 }: Beside,
): string[][] {
  const alternatives =
    format === 'columns'
      ? annotations.flatMap((own) =>
          Array.from({ length: nBest - 1 }, (_, i) =>
            own.tags.map((_, t) => own.nBest![i + 1]?.tags[t] ?? '_'),
          ),
        )
      : [];
  return confidence
    ? [...alternatives, ...annotations.map((own) => own.confidences!.map(decimals))]
    : alternatives;
}

/** Values of keys of jsonl. */
export function besideValues(
  annotations: readonly Annotation[],
  { confidence = false, nBest }: Beside,
): unknown[][] {
  return [
    ...(confidence ? annotations.map((own) => own.confidences!.map(rounded)) : []),
    ...(nBest === undefined ? [] : annotations.map((own) => own.nBest!.map(written))),
  ];
}

/** Of two stretches of text that know nothing of each other, as one, with the `n` best sequences. Spans are not kept. */
export function joined(first: Annotation, second: Annotation, n: number | undefined): Annotation {
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
