import { UserError } from '../../errors.ts';
import { candidateScripts } from './learn-scripts.ts';
import { type LemmaLexicon, scriptsByWord } from './lexicon.ts';
import { applyScript, type EditScript, parseScript } from './script.ts';

/** Applies the edit scripts of a tag column. `k` is the index of a script. */
export interface Lemmatiser {
  /** The number of scripts. */
  readonly size: number;
  /** The lemma of a form; the form itself if the script does not fit it. */
  lemma(form: string, k: number): string;
  /** Whether the form has as many letters as the script removes. */
  fits(form: string, k: number): boolean;
  /** Whether script k may be chosen: if it fits, and if the lexicon has it for the form or does not have the form. */
  allows(form: string, k: number): boolean;
  /** The scripts that may be chosen for the form, ascending. */
  allowed(form: string): readonly number[];
  /** Whether some script turns the form into the lemma. */
  reaches(form: string, lemma: string): boolean;
  /** The scripts that turn the form into the lemma. */
  scriptsOf(form: string, lemma: string): number[];
}

/** Maximum number of lemmas in the cache. */
const MOST_CACHED = 50_000;

/** @throws UserError for a malformed script */
export function createLemmatiser(names: readonly string[], lexicon?: LemmaLexicon): Lemmatiser {
  const scripts = names.map((name) => parseScript(name) ?? malformed(name));
  const numbers = new Map(names.map((name, k) => [name, k]));
  const letters = scripts.map(leastLetters);
  const caches = scripts.map(() => new Map<string, string>());
  const entries = lexicon && scriptsByWord(lexicon);
  const reached = new Map<string, boolean>();
  let cached = 0;

  const clear = (): void => {
    for (const cache of caches) cache.clear();
    cached = 0;
  };

  const scriptsOf = (form: string, lemma: string): number[] =>
    scripts.flatMap((script, k) => (applyScript(script, form) === lemma ? [k] : []));

  const fits = (form: string, k: number): boolean => {
    const least = letters[k]!;
    // a letter has at most two UTF-16 units
    return form.length >= 2 * least || [...form].length >= least;
  };
  const fitting: (readonly number[])[] = []; // by number of letters
  const scriptsFor = (length: number): readonly number[] => {
    fitting[length] ??= letters.flatMap((least, k) => (least <= length ? [k] : []));
    return fitting[length];
  };
  const longest = Math.max(0, ...letters);

  return {
    size: scripts.length,
    lemma(form, k) {
      const known = caches[k]!.get(form);
      if (known !== undefined) return known;
      const lemma = applyScript(scripts[k]!, form) ?? form;
      if (++cached > MOST_CACHED) clear();
      caches[k]!.set(form, lemma);
      return lemma;
    },
    fits,
    allowed: (form) => entries?.get(form) ?? scriptsFor(Math.min(longest, [...form].length)),
    allows: (form, k) => entries?.get(form)?.includes(k) ?? fits(form, k),
    reaches(form, lemma) {
      const key = `${form}\t${lemma}`;
      const known = reached.get(key);
      if (known !== undefined) return known;
      const found =
        candidateScripts(form, lemma).some((name) => numbers.has(name)) ||
        scripts.some((script) => applyScript(script, form) === lemma);
      if (reached.size > MOST_CACHED) reached.clear();
      reached.set(key, found);
      return found;
    },
    scriptsOf,
  };
}

/** The number of letters that a form must have for the script to leave a lemma. */
function leastLetters(script: EditScript): number {
  if (script.whole !== undefined) return 0;
  const { prefix, suffix } = script;
  const removed = prefix.remove + suffix.remove;
  return prefix.add + suffix.add === '' ? removed + 1 : removed;
}

const malformed = (name: string): never => {
  throw new UserError(
    `${JSON.stringify(name)} is no edit script. Edit scripts are such as "lower *-1".`,
    {
      code: 'SEQTAG_TAGS',
    },
  );
};
