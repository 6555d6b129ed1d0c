import type { Annotation, Format } from '../corpus/index.ts';
import { convert, spell, unspell } from '../corpus/tags/scheme.ts';
import type { TagColumn } from '../model/model.ts';

type Tags = readonly string[];

/** These formats show spans. Their writers read tags in the usual notation. */
const spanFormats: ReadonlySet<Format> = new Set(['inline', 'spans', 'html']);

/**
 * How the tags of a column are written in a format: as the training corpus wrote them, or in a scheme that shows spans.
 * Undefined if they are written as they are.
 */
export function writtenTags(
  { scheme, notation }: Pick<TagColumn, 'scheme' | 'notation'>,
  format: Format,
): ((tags: Tags) => Tags) | undefined {
  if (spanFormats.has(format))
    return scheme === 'IO' ? (tags) => convert(tags, 'IO', 'BIO') : undefined;
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
