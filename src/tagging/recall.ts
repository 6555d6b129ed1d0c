import type { Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';

/** What is taken from the score of a tag, so that it is given less often and the others are found more often. */
export interface RecallBias {
  /** Undefined: the outside tag, `O`, of each column of spans. */
  readonly tag?: string | undefined;
  /** At most 100; below 0 the tag is given more often. */
  readonly nats: number;
}

/** `0.5` or `TAG=0.5`; undefined for what is neither. */
export function parseRecallBias(text: string): RecallBias | undefined {
  const [, tag, digits] = /^(?:(.+)=)?(-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?)$/.exec(text) ?? [];
  const nats = Number(digits);
  return digits !== undefined && Math.abs(nats) <= 100 ? { tag, nats } : undefined;
}

export const recallBiasText = ({ tag, nats }: RecallBias): string =>
  tag === undefined ? String(nats) : `${tag}=${nats}`;

/** The place of the tag among each column's; -1 where a column has none. */
export const biasedPlaces = (
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
 * As `biasedPlaces`, of a bias that was asked for.
 * @throws UserError where there is no such tag
 */
export function checkedPlaces(
  bias: RecallBias,
  vocabulary: Pick<Vocabulary, 'tags'>,
  tagColumns: readonly Pick<TagColumn, 'scheme'>[],
): number[] {
  const places = biasedPlaces(bias.tag, vocabulary, tagColumns);
  if (bias.nats === 0 || places.some((place) => place >= 0)) return places;
  throw new UserError(
    bias.tag === undefined
      ? `--bias-recall ${bias.nats}: no outside tag O of spans. Name a tag: --bias-recall ${vocabulary.tags[0]![0]}=${bias.nats}.`
      : `--bias-recall ${recallBiasText(bias)}: no tag ${bias.tag}. There are ${vocabulary.tags.flat().slice(0, 20).join(', ')}.`,
  );
}
