import type { Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';

/** A penalty on the score of a tag: the tag is predicted less often, and the others more often. */
export interface RecallBias {
  /** Default: the outside tag `O` of each column with span tags. */
  readonly tag?: string | undefined;
  /** From -100 to 100. With a negative penalty the tag is predicted more often. */
  readonly nats: number;
}

/** Reads `0.5` or `TAG=0.5`. Returns undefined for anything else. */
export function parseRecallBias(text: string): RecallBias | undefined {
  const [, tag, digits] = /^(?:(.+)=)?(-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?)$/.exec(text) ?? [];
  const nats = Number(digits);
  return digits !== undefined && Math.abs(nats) <= 100 ? { tag, nats } : undefined;
}

export const recallBiasText = ({ tag, nats }: RecallBias): string =>
  tag === undefined ? String(nats) : `${tag}=${nats}`;

/** The index of the tag in each tag column; -1 if a column does not have it. */
export const biasedTagIndices = (
  tag: string | undefined,
  { tags }: Pick<Vocabulary, 'tags'>,
  tagColumns: readonly Pick<TagColumn, 'scheme'>[],
): number[] =>
  tags.map((column, c) =>
    tag !== undefined
      ? column.indexOf(tag)
      : tagColumns[c]!.scheme === 'none'
        ? -1
        : column.indexOf('O'),
  );

/**
 * As `biasedTagIndices`.
 * @throws UserError if no column has the tag, unless the penalty is 0
 */
export function checkedTagIndices(
  bias: RecallBias,
  vocabulary: Pick<Vocabulary, 'tags'>,
  tagColumns: readonly Pick<TagColumn, 'scheme'>[],
): number[] {
  const indices = biasedTagIndices(bias.tag, vocabulary, tagColumns);
  if (bias.nats === 0 || indices.some((index) => index >= 0)) return indices;
  const what = `the penalty on a tag, ${recallBiasText(bias)}: there is`;
  throw new UserError(
    bias.tag === undefined
      ? `${what} no outside tag O of spans. Name a tag: ${vocabulary.tags[0]![0]}=${bias.nats}.`
      : `${what} no tag ${bias.tag}. The tags are ${vocabulary.tags.flat().slice(0, 20).join(', ')}.`,
    { code: 'SEQTAG_TAGS', option: 'biasRecall' },
  );
}
