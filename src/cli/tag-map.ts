import { InvalidArgumentError } from 'commander';
import { closestName } from '../option-values.ts';
import { someOf } from './input.ts';

/** New names of tags or span types, as `--map` gives them. */
export type TagMap = ReadonlyMap<string, string>;

/**
 * Parses `person=PER,corporation=ORG,product=O`. `B-person=B-PER` renames the type, whatever the letter before it.
 * @param earlier the names of the same flag before
 */
export function parseTagMap(text: string, earlier: TagMap = new Map()): TagMap {
  const map = new Map(earlier);
  for (const pair of text.split(',')) {
    const [, , from, to] = /^([BIESLUM]-)?([^=]+)=\1([^=]+)$/.exec(pair.trim()) ?? [];
    if (from === undefined || to === undefined || (map.get(from) ?? to) !== to)
      throw new InvalidArgumentError(
        'Expected names and new names, one for each: person=PER,product=O.',
      );
    map.set(from, to);
  }
  return map;
}

/** A map, and what became of it. */
export interface Renaming {
  readonly map: TagMap | undefined;
  /** The names of the map that were found. */
  readonly used: Set<string>;
  /** All tags, or types of tags with a prefix. */
  readonly seen: Set<string>;
}

/**
 * Renames a tag in the usual notation, or its type after a prefix such as `B-`. A type that becomes `O` loses its prefix.
 * @param anyCase whether the map may write a name in another case, as the corpus does
 */
export function mappedTag(
  tag: string,
  { map, used, seen }: Renaming,
  { anyCase = false }: { anyCase?: boolean } = {},
): string {
  if (!map) return tag;
  const [, prefix = '', type = tag] = /^([BIESLUM]-)(.+)$/s.exec(tag) ?? [];
  seen.add(type);
  const from = nameIn(map, type, anyCase);
  if (from === undefined) return tag;
  const to = map.get(from)!;
  used.add(from);
  return to === 'O' ? to : prefix + to;
}

function nameIn(map: TagMap, name: string, anyCase: boolean): string | undefined {
  if (map.has(name) || !anyCase) return map.has(name) ? name : undefined;
  return [...map.keys()].find((key) => key.toLowerCase() === name.toLowerCase());
}

/** Says which names of a map do not occur; undefined if all do. */
export function unusedNames({ map, used, seen }: Renaming): string | undefined {
  const unused = [...(map?.keys() ?? [])].filter((name) => !used.has(name));
  if (unused.length === 0) return undefined;
  const names = [...seen].filter((name) => name !== 'O').sort();
  const similar = unused.flatMap((name) => closestName(name, names) ?? []);
  const hint = similar.length > 0 ? ` Did you mean ${similar.join(', ')}?` : '';
  return `--map: no tag or span type is called ${unused.join(', ')}. There are ${someOf(names)}.${hint}`;
}
