import { type Annotation, type Format, writesSpans } from '../corpus/index.ts';
import { inSpanTags } from '../corpus/tags/reschemed.ts';
import { spell, unspell } from '../corpus/tags/scheme.ts';
import type { TagColumn } from '../model/model.ts';

type Tags = readonly string[];

/**
 * How the tags of a column are written in a format: as the training corpus wrote them, or in a scheme that shows spans.
 * Undefined if they are written as they are.
 */
export function writtenTags(
  { scheme, notation }: Pick<TagColumn, 'scheme' | 'notation'>,
  format: Format,
): ((tags: Tags) => Tags) | undefined {
  if (writesSpans(format))
    return scheme === 'none' ? undefined : (tags) => inSpanTags(tags, scheme);
  return notation && ((tags) => tags.map((tag) => spell(tag, notation, scheme)));
}

/** An annotation with its tags as they are written. */
export const writtenAnnotation = (
  annotation: Annotation,
  write: (tags: Tags) => Tags,
): Annotation => ({
  ...annotation,
  tags: write(annotation.tags),
  ...(annotation.nBest && {
    nBest: annotation.nBest.map((one) => ({ ...one, tags: write(one.tags) })),
  }),
});

/** Given tags, which may be written as in the training corpus, in the usual notation. */
export const givenInNotation = (
  tags: Tags,
  { scheme, notation }: Pick<TagColumn, 'scheme' | 'notation'>,
): Tags =>
  notation && scheme !== 'none' ? tags.map((tag) => unspell(tag, notation, scheme)) : tags;
