import { candidates, convertPartial, numberLabels, UNKNOWN } from '../corpus/tags/partial.ts';
import { convert, tagParts } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';

/** What is known of a sentence's tags, as `nBest` takes it. */
export interface Known {
  readonly gold: Int32Array;
  readonly sets: Float32Array;
}

/** What is given of a column, in the corpus's own scheme: see `AnnotateOptions`. */
export interface Given {
  readonly labels: readonly (readonly string[])[];
  readonly sentences: readonly (readonly string[])[];
  /** Names a sentence in errors. */
  readonly where: (sentence: number) => string;
}

/**
 * As numbers, by the scheme that was trained; undefined for sentences of which nothing is known. Tags are read as `convert`
 * reads them: I-PER after O begins a span.
 * @throws UserError for a tag that the column has not
 */
export function numberGiven(
  { labels, sentences, where }: Given,
  names: readonly string[],
  { scheme, trainedScheme }: Pick<TagColumn, 'scheme' | 'trainedScheme'>,
): (Known | undefined)[] {
  const isPlain = scheme === 'none';
  const own = isPlain ? [...names] : convert(names, trainedScheme, scheme);
  const kindOf = (tag: string): string => {
    const { role, type } = tagParts(tag, scheme);
    return role === 'outside' ? tag : `span ${type}`;
  };
  const kinds = new Set(own.map(kindOf));
  const refuse = (s: number, t: number, what: string): UserError =>
    new UserError(`${where(s)}: token ${t + 1}, "${sentences[s]![t]!.slice(0, 40)}": ${what}`);
  const read = labels.map((given, s) => {
    if (given.length !== sentences[s]!.length)
      throw new Error(`${given.length} tags given for ${sentences[s]!.length} tokens`);
    return given.map((label, t) => {
      if (label === '' || label === '_') return UNKNOWN;
      const stranger = candidates(label).find((tag) => !kinds.has(kindOf(tag)));
      if (stranger === undefined) return label;
      const some = [...new Set(own)].sort().slice(0, 20).join(', ');
      throw refuse(s, t, `the model has no tag ${stranger}, which is given. It has ${some}.`);
    });
  });
  // the model's own tags first, so that what is unknown may be any of them
  const trained = isPlain ? read : convertPartial([own, ...read], scheme, trainedScheme).slice(1);
  const places = new Map(names.map((name, k) => [name, k]));
  return trained.map((sentence, s) => {
    if (read[s]!.every((label) => candidates(label).length === 0)) return undefined;
    const numbers = numberLabels((tag) => places.get(tag)!);
    const gold = Int32Array.from(sentence, (label, t) => {
      const tags = candidates(label);
      const known = tags.filter((tag) => places.has(tag));
      if (tags.length > 0 && known.length === 0)
        throw refuse(s, t, `the model never learned ${read[s]![t]} there, which is given.`);
      return known.length === 0 ? -1 : numbers.number(known.join('|'));
    });
    return { gold, sets: numbers.table(names.length) ?? new Float32Array() };
  });
}
