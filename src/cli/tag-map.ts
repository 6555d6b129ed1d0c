import { InvalidArgumentError } from 'commander';

/** New names of tags or span types, as `--map` gives them. */
export type TagMap = ReadonlyMap<string, string>;

/** Parses `person=PER,corporation=ORG,product=O`. */
export function parseTagMap(text: string): TagMap {
  const map = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, from, to] = /^([^=]+)=([^=]+)$/.exec(pair.trim()) ?? [];
    if (from === undefined || to === undefined || map.has(from))
      throw new InvalidArgumentError('Expected names and new names: person=PER,product=O.');
    map.set(from, to);
  }
  return map;
}

/**
 * Renames a tag: as a whole, or its type after a prefix such as `B-`. A type that becomes `O` loses its prefix.
 * @param used gets the names that were found
 */
export function mappedTag(tag: string, map: TagMap, used?: Set<string>): string {
  const [, prefix = '', type = tag] = /^([BIESLUM]-)(.+)$/s.exec(tag) ?? [];
  const from = map.has(tag) ? tag : type;
  const to = map.get(from);
  if (to === undefined) return tag;
  used?.add(from);
  return from === tag || to === 'O' ? to : prefix + to;
}
