import { spell, type TagReading } from './notation.ts';
import { convert } from './spans.ts';
import type { Scheme } from './tag-parts.ts';

/** Span tags in BIO, as formats of spans need them. Each has a hyphen, also without a type: `B-`. */
export const inSpanTags = (tags: readonly string[], scheme: Scheme): readonly string[] =>
  convert(tags, scheme, 'BIO').map((tag) => (tag === 'B' || tag === 'I' ? `${tag}-` : tag));

/** The tags of a sentence in another scheme, in the notation of the corpus. Outside tags and plain tags stay as they are. */
export function inScheme(
  tags: readonly string[],
  { scheme: from, read, notation }: TagReading,
  to: Scheme,
): readonly string[] {
  if (from === 'none') return tags;
  return convert(tags.map(read), from, to).map((tag, t) => {
    if (tag === 'O') return read(tags[t]!) === 'O' ? tags[t]! : tag;
    return notation ? spell(tag, notation, to) : tag;
  });
}
