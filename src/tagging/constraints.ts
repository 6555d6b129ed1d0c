import type { Lemmatiser } from '../corpus/lemmas/lemmatiser.ts';
import { candidates, convertPartial, numberLabels, UNKNOWN } from '../corpus/tags/partial.ts';
import { convert, tagParts } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';

/** The known tags of a sentence, in the form that `nBest` takes. */
export interface Constraint {
  readonly gold: Int32Array;
  readonly sets: Float32Array;
}

/** The known labels of a tag column, in the corpus's scheme: see `AnnotateOptions`. */
export interface KnownLabels {
  /** labels[sentence][token] */
  readonly labels: readonly (readonly string[])[];
  readonly sentences: readonly (readonly string[])[];
  /** Names a sentence in errors. */
  readonly where: (sentence: number) => string;
}

/**
 * The constraint of each sentence, in the trained scheme; undefined for a sentence without known labels. Tags are read
 * as `convert` reads them: I-PER after O begins a span.
 * @param names the trained tags, in the network's order
 * @throws UserError for a tag that the column does not have
 */
export function createConstraints(
  { labels, sentences, where }: KnownLabels,
  names: readonly string[],
  {
    scheme,
    trainedScheme,
    lemmatiser,
  }: Pick<TagColumn, 'scheme' | 'trainedScheme'> & { lemmatiser?: Lemmatiser | undefined },
): (Constraint | undefined)[] {
  const isPlain = scheme === 'none';
  const tags = isPlain ? [...names] : convert(names, trainedScheme, scheme);
  const kindOf = (tag: string): string => {
    const { role, type } = tagParts(tag, scheme);
    return role === 'outside' ? tag : `span ${type}`;
  };
  const kinds = new Set(tags.map(kindOf));
  const refuse = (s: number, t: number, what: string): UserError =>
    new UserError(`${where(s)}: token ${t + 1}, "${sentences[s]![t]!.slice(0, 40)}": ${what}`, {
      code: 'SEQTAG_TAGS',
      option: 'given',
    });
  const read = labels.map((known, s) => {
    if (known.length !== sentences[s]!.length)
      throw new RangeError(`${known.length} labels for ${sentences[s]!.length} tokens`);
    return known.map((label, t) => {
      if (label === '' || label === '_') return UNKNOWN;
      if (lemmatiser) {
        const form = sentences[s]![t]!;
        const lemmas = candidates(label);
        const scripts = lemmas.flatMap((lemma) => lemmatiser.scriptsOf(form, lemma));
        if (scripts.length === 0 && lemmas.length > 0)
          throw refuse(
            s,
            t,
            `no edit script of the model gives the lemma ${label}. Give ? in its place.`,
          );
        return lemmas.length === 0
          ? UNKNOWN
          : [...new Set(scripts)].map((k) => names[k]!).join('|');
      }
      const stranger = candidates(label).find((tag) => !kinds.has(kindOf(tag)));
      if (stranger === undefined) return label;
      const some = [...new Set(tags)].sort().slice(0, 20).join(', ');
      throw refuse(
        s,
        t,
        `the model does not have the given tag ${stranger}. Its tags are ${some}.`,
      );
    });
  });
  // the model's tags come first, so that an unknown tag may be any of them
  const trained = isPlain ? read : convertPartial([tags, ...read], scheme, trainedScheme).slice(1);
  const indices = new Map(names.map((name, k) => [name, k]));
  return trained.map((sentence, s) => {
    if (read[s]!.every((label) => candidates(label).length === 0)) return undefined;
    const numbers = numberLabels((tag) => indices.get(tag)!);
    const gold = Int32Array.from(sentence, (label, t) => {
      const wanted = candidates(label);
      const known = wanted.filter((tag) => indices.has(tag));
      if (wanted.length > 0 && known.length === 0)
        throw refuse(
          s,
          t,
          `the model never learned the given tag ${read[s]![t]} in this position.`,
        );
      return known.length === 0 ? -1 : numbers.number(known.join('|'));
    });
    return { gold, sets: numbers.table(names.length) ?? new Float32Array() };
  });
}
