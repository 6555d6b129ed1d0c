import { convert, detectScheme, type Scheme, tagParts, validTransition } from './scheme.ts';

// Partial labels tell less than a tag: `?` nothing, `NN|VB` that the tag is one of a set. What is written here is what a
// column of tags may hold of them; where they are not asked for, both characters are like any other.

export const UNKNOWN = '?';

/** The tags that a label leaves open: of `NN` one, of `NN|VB` two, of `?` none are named, since it may be any. */
export function candidates(label: string): readonly string[] {
  if (!label.includes('|')) return label === UNKNOWN ? [] : [label];
  const tags = [...new Set(label.split('|'))];
  if (tags.includes('')) return [label]; // a tag such as `|` itself
  return tags.includes(UNKNOWN) ? [] : tags;
}

/** Does the label tell the tag? */
export const isCertain = (label: string): boolean => candidates(label).length === 1;

/**
 * Numbers labels as a network takes them: a tag by its place; -1 nothing known; -2 - i, one of row i of a table of sets, to
 * which each different set of tags adds a row.
 */
export function numberLabels(place: (tag: string) => number) {
  const numbers = new Map<string, number>();
  const sets: number[][] = [];
  const create = (label: string): number => {
    const places = candidates(label).map(place);
    return places.length <= 1 ? (places[0] ?? -1) : -1 - sets.push(places);
  };
  return {
    number(label: string): number {
      const number = numbers.get(label) ?? create(label);
      numbers.set(label, number);
      return number;
    },
    /** (S, K), of K tags. */
    table(K: number): Float32Array | undefined {
      if (sets.length === 0) return undefined;
      const table = new Float32Array(sets.length * K);
      sets.forEach((places, row) => {
        for (const k of places) table[row * K + k] = 1;
      });
      return table;
    },
  };
}

/**
 * The scheme of labels, from those that are certain. I after one that is not says nothing: what came before it may have
 * begun its span.
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

/** The scheme of labels that may be partial, or are tags. */
export const schemeOf = (
  sentences: readonly (readonly string[])[],
  { partial }: { partial: boolean },
): Scheme => (partial ? detectPartialScheme : detectScheme)(sentences);

/**
 * Converts sentences of labels to another scheme. What a tag becomes is fixed by it and its two neighbours (whether it
 * begins its span, whether it ends it), so a label becomes the set of what its tags become beside the tags that its
 * neighbours may have: in BIOES, B-PER before `?` is B-PER or S-PER, and `?` between two O is O or a span of one token.
 * Only well-formed neighbours are thought of, unless there are none; `?` beside `?` stays as it is. Certain labels among
 * certain ones become what `convert` makes of them.
 */
export function convertPartial(
  sentences: readonly (readonly string[])[],
  from: Scheme,
  to: Scheme,
): string[][] {
  const all = allTags(sentences, from);
  const known = new Map<string, string>();
  type Tag = string | null; // null: the border of the sentence
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

const prefixes: Readonly<Record<Exclude<Scheme, 'none'>, string>> = {
  IOB1: 'BI',
  BIO: 'BI',
  BIOES: 'BIES',
  BILOU: 'BILU',
  BMES: 'BMES',
};

/** Every tag that a token may have in the scheme: those of the labels, and the others of the same types. */
function allTags(sentences: readonly (readonly string[])[], scheme: Scheme): string[] {
  const tags = new Set(['O']);
  for (const labels of sentences)
    for (const label of labels) for (const tag of candidates(label)) tags.add(tag);
  if (scheme !== 'none')
    for (const tag of [...tags]) {
      const { role, separator, type } = tagParts(tag, scheme);
      if (role !== 'outside') for (const one of prefixes[scheme]) tags.add(one + separator + type);
    }
  return [...tags];
}
