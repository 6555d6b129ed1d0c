import { spell, type TagReading } from './notation.ts';
import { convert } from './spans.ts';
import type { Scheme } from './tag-parts.ts';

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
