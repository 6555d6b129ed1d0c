import { convert, detectScheme, type Scheme, tagParts, validTransition } from './scheme.ts';

// Partial labels: `?` means that the tag is unknown, and `NN|VB` that it is one of a set. Without the option for
// partial labels, both characters are like any other.

export const UNKNOWN = '?';

/** The tags that a label allows: one for `NN`, two for `NN|VB`. None for `?`, which allows all. */
export function candidates(label: string): readonly string[] {
  if (!label.includes('|')) return label === UNKNOWN ? [] : [label];
  const tags = [...new Set(label.split('|'))];
  if (tags.includes('')) return [label]; // a tag such as `|`
  return tags.includes(UNKNOWN) ? [] : tags;
}

/** Whether the label allows exactly one tag. */
export const isCertain = (label: string): boolean => candidates(label).length === 1;

/**
 * Numbers labels for the network: a tag by its index; -1 for an unknown tag; -2 - i for one of the tags in row i of a table,
 * to which each different set of tags adds a row.
 */
export function numberLabels(indexOf: (tag: string) => number) {
  const numbers = new Map<string, number>();
  const sets: number[][] = [];
  const create = (label: string): number => {
    const indices = candidates(label).map(indexOf);
    return indices.length <= 1 ? (indices[0] ?? -1) : -1 - sets.push(indices);
  };
  return {
    number(label: string): number {
      const number = numbers.get(label) ?? create(label);
      numbers.set(label, number);
      return number;
    },
    /** The table of sets, (S, K) for K tags; undefined if there are no sets. */
    table(K: number): Float32Array | undefined {
      if (sets.length === 0) return undefined;
      const table = new Float32Array(sets.length * K);
      sets.forEach((indices, row) => {
        for (const k of indices) table[row * K + k] = 1;
      });
      return table;
    },
  };
}

/**
 * The scheme of labels, by those that are certain. An I after an uncertain label is left out, since its span may have begun
 * there.
 */
export function detectPartialScheme(sentences: readonly (readonly string[])[]): Scheme {
  return detectScheme(
    sentences.map((labels) => {
      let isOpen = false;
      return labels.filter((label) => {
        const isKnown = isCertain(label);
        isOpen = !isKnown || (isOpen && tagParts(label, 'BIO').role === 'inside');
        return !isOpen;
      });
    }),
  );
}

/** The scheme of labels, which are tags unless they may be partial. */
export const schemeOf = (
  sentences: readonly (readonly string[])[],
  { partial }: { partial: boolean },
): Scheme => (partial ? detectPartialScheme : detectScheme)(sentences);

/**
 * Converts sentences of labels to another scheme. The new tag depends on the tag and its two neighbours (whether it begins
 * its span, whether it ends it). So a label becomes the set of all new tags that its tags can have next to the tags of its
 * neighbours. In BIOES, B-PER before `?` is B-PER or S-PER, and `?` between two O is O or a span of one token. Only
 * well-formed neighbours count, unless there are none. `?` next to `?` stays `?`. Certain labels next to certain labels are
 * converted as by `convert`.
 */
export function convertPartial(
  sentences: readonly (readonly string[])[],
  from: Scheme,
  to: Scheme,
): string[][] {
  const all = allTags(sentences, from);
  const known = new Map<string, string>();
  type Tag = string | null; // null: the start or the end of the sentence
  const tagsOf = (label: Tag): readonly Tag[] => {
    if (label === null) return [null];
    const tags = candidates(label);
    return tags.length === 0 ? all : tags;
  };
  const fits = (a: Tag, b: Tag): boolean => validTransition(a, b, from);
  const converted = (before: Tag, label: string, after: Tag): string => {
    const [befores, tags, afters] = [tagsOf(before), tagsOf(label), tagsOf(after)];
    const found = { wellFormed: new Set<string>(), any: new Set<string>() };
    for (const a of befores)
      for (const tag of tags)
        for (const c of afters) {
          const context = [a, tag, c].filter((one) => one !== null);
          const written = convert(context, from, to)[a === null ? 0 : 1]!;
          found.any.add(written);
          if (fits(a, tag) && fits(tag, c)) found.wellFormed.add(written);
        }
    const kept = found.wellFormed.size > 0 ? found.wellFormed : found.any;
    return [...kept].sort().join('|');
  };
  const isOpen = (label: Tag): boolean => label !== null && candidates(label).length === 0;
  return sentences.map((labels) =>
    labels.map((label, i) => {
      const [before, after] = [labels[i - 1] ?? null, labels[i + 1] ?? null];
      if (isOpen(label) && (isOpen(before) || isOpen(after))) return UNKNOWN;
      const key = JSON.stringify([before, label, after]);
      const written = known.get(key) ?? converted(before, label, after);
      known.set(key, written);
      return written;
    }),
  );
}

const prefixes: Readonly<Record<Exclude<Scheme, 'none' | 'IO'>, string>> = {
  IOB1: 'BI',
  BIO: 'BI',
  BIOES: 'BIES',
  BILOU: 'BILU',
  BMES: 'BMES',
};

/** Every tag that a token may have: the tags of the labels, and all tags of the scheme with the same types. */
function allTags(sentences: readonly (readonly string[])[], scheme: Scheme): string[] {
  const tags = new Set(['O']);
  for (const labels of sentences)
    for (const label of labels) for (const tag of candidates(label)) tags.add(tag);
  if (scheme !== 'none' && scheme !== 'IO')
    for (const tag of [...tags]) {
      const { role, separator, type } = tagParts(tag, scheme);
      if (role !== 'outside') for (const one of prefixes[scheme]) tags.add(one + separator + type);
    }
  return [...tags];
}
