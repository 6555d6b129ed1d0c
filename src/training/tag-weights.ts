import { tagParts } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';

/** The weights, above 0 and at most 1000, of the names in `O=0.5,PER=2`; undefined for text of another form. */
export function parseTagWeights(text: string): Map<string, number> | undefined {
  const weights = new Map<string, number>();
  const entry = /(.+?)=([\d.]+)(?:,|$)/y; // lazy, since `,` and `=` may be tags
  while (entry.lastIndex < text.length) {
    const [, name, digits] = entry.exec(text) ?? [];
    const weight = Number(digits);
    if (name === undefined || !(weight > 0 && weight <= 1000)) return undefined;
    weights.set(name, weight);
  }
  return weights.size > 0 ? weights : undefined;
}

/**
 * For each tag column the loss weights (K) of its tags, in the trained scheme; undefined if all are 1. A name is a tag
 * or a span type. The weight of a span type applies to its tags, except for tags with a separate weight.
 * @throws UserError (SEQTAG_TAGS) for a name that no column has
 */
export function tagWeights(
  weights: ReadonlyMap<string, number>,
  { tags }: Pick<Vocabulary, 'tags'>,
  tagColumns: readonly Pick<TagColumn, 'trainedScheme'>[],
): (Float32Array | undefined)[] {
  const usedNames = new Set<string>();
  const weightOf = (tag: string, column: number): number => {
    const { role, type } = tagParts(tag, tagColumns[column]!.trainedScheme);
    const names = role === 'outside' ? [tag] : [tag, type];
    const name = names.find((one) => weights.has(one));
    if (name === undefined) return 1;
    usedNames.add(name);
    return weights.get(name)!;
  };
  const columns = tags.map((columnTags, c) => {
    const columnWeights = Float32Array.from(columnTags, (tag) => weightOf(tag, c));
    return columnWeights.some((weight) => weight !== 1) ? columnWeights : undefined;
  });
  const unknown = [...weights.keys()].find((name) => !usedNames.has(name));
  if (unknown === undefined) return columns;
  const all = [...new Set(tags.flat())];
  throw new UserError(
    `The loss weight ${unknown}=${weights.get(unknown)}: the corpus has no tag and no span type of this name. It has ${all.slice(0, 20).join(', ')}${all.length > 20 ? ', ...' : ''}.`,
    { code: 'SEQTAG_TAGS', option: 'tagWeight' },
  );
}
