import { type Notation, spell } from '../corpus/tags/scheme.ts';
import type { Counts } from './counts.ts';

/** Counts with the tags as a corpus writes them. Span types are not changed unless the corpus writes them in lower case. */
export function writtenCounts(counts: Counts, notation: Notation | undefined): Counts {
  if (!notation) return counts;
  const tag = (name: string): string => spell(name, notation, counts.scheme);
  const type = (name: string): string => (notation.lowercase === 'all' ? name.toLowerCase() : name);
  const renamed = <T>(
    map: ReadonlyMap<string, T>,
    name: (from: string) => string,
  ): Map<string, T> => new Map([...map].map(([from, value]) => [name(from), value]));
  return {
    ...counts,
    spans: renamed(counts.spans, type),
    tags: renamed(counts.tags, tag),
    confusions: new Map(
      [...counts.confusions].map(([gold, row]) => [tag(gold), renamed(row, tag)]),
    ),
    unseenTags: counts.unseenTags && renamed(counts.unseenTags, tag),
  };
}
