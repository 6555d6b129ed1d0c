import { tagParts } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';

/** `O=0.5,PER=2`: what each name weighs, above 0 up to 1000; undefined for what is no such list. */
export function parseTagWeights(text: string): Map<string, number> | undefined {
  const weights = new Map<string, number>();
  const entry = /(.+?)=([\d.]+)(?:,|$)/y; // lazy, since `,` and `=` are tags too
  while (entry.lastIndex < text.length) {
    const [, name, digits] = entry.exec(text) ?? [];
    const weight = Number(digits);
    if (name === undefined || !(weight > 0 && weight <= 1000)) return undefined;
    weights.set(name, weight);
  }
  return weights.size > 0 ? weights : undefined;
}

/**
 * For each column, the weight of each of its tags as they are trained; undefined where all weigh 1. A name is a tag, or
 * a type of spans, which stands for its tags; a tag's own weight goes before its type's.
 * @throws UserError for a name that no column has
 */
export function tagWeights(
  weights: ReadonlyMap<string, number>,
  { tags }: Pick<Vocabulary, 'tags'>,
  tagColumns: readonly Pick<TagColumn, 'trainedScheme'>[],
): (Float32Array | undefined)[] {
  const used = new Set<string>();
  const weighed = tags.map((column, c) => {
    const weightOf = (tag: string): number => {
      const { role, type } = tagParts(tag, tagColumns[c]!.trainedScheme);
      const name = [tag, ...(role === 'outside' ? [] : [type])].find((one) => weights.has(one));
      if (name === undefined) return 1;
      used.add(name);
      return weights.get(name)!;
    };
    const own = Float32Array.from(column, weightOf);
    return own.some((weight) => weight !== 1) ? own : undefined;
  });
  const stray = [...weights.keys()].find((name) => !used.has(name));
  if (stray === undefined) return weighed;
  const all = [...new Set(tags.flat())];
  throw new UserError(
    `train: --tag-weight ${stray}=${weights.get(stray)}: no tag, and no type of spans, of that name is trained. There are ${all.slice(0, 20).join(', ')}${all.length > 20 ? ', ...' : ''}.`,
  );
}
