/*
 * An edit script turns a word form into its lemma. Lemmatisation becomes tagging, with scripts as tags (Chrupała 2006,
 * "Simple data-driven context-sensitive lemmatization"; Straka 2018, "UDPipe 2.0 prototype", section 4.4).
 *
 * As a tag, a script is text. `*` stands for the letters that stay:
 *
 *   lower *         all letters in lower case: The, the
 *   lower *-3+y     then without the last three letters, and with y: Studies, study
 *   lower -2*       without the first two letters
 *   =be             the lemma itself, whatever the form
 *
 * In added letters, `%`, `*` and `|` are written %25, %2A and %7C.
 */

/** What a script does to the case of the form, first of all. All letters are mapped one by one. */
export type Casing = 'lower' | 'keep' | 'title' | 'upper';

/** Number of letters (code points) to remove, and letters to put in their place. */
export interface Replacement {
  readonly remove: number;
  readonly add: string;
}

export type EditScript =
  | { readonly whole: string }
  | {
      readonly whole?: undefined;
      readonly casing: Casing;
      readonly prefix: Replacement;
      readonly suffix: Replacement;
    };

const escaped = (text: string): string =>
  text.replace(/[%*|]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const unescaped = (text: string): string =>
  text.replace(/%25|%2A|%7C/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));

const replacementText = ({ remove, add }: Replacement): string =>
  (remove > 0 ? `-${remove}` : '') + (add === '' ? '' : `+${escaped(add)}`);

export const scriptText = (script: EditScript): string =>
  script.whole !== undefined
    ? `=${escaped(script.whole)}`
    : `${script.casing} ${replacementText(script.prefix)}*${replacementText(script.suffix)}`;

const notation =
  /^(lower|keep|title|upper) (?:-([1-9]\d{0,4}))?(?:\+([^*|]+))?\*(?:-([1-9]\d{0,4}))?(?:\+([^*|]+))?$/su;

/** Reads a script; undefined if the text is none. */
export function parseScript(text: string): EditScript | undefined {
  if (text.startsWith('=')) return { whole: unescaped(text.slice(1)) };
  const found = notation.exec(text);
  if (!found) return undefined;
  const replacement = (remove: string | undefined, add: string | undefined): Replacement => ({
    remove: Number(remove ?? 0),
    add: unescaped(add ?? ''),
  });
  return {
    casing: found[1] as Casing,
    prefix: replacement(found[2], found[3]),
    suffix: replacement(found[4], found[5]),
  };
}

/** The lemma of a form; undefined if the script removes more letters than the form has, or leaves none. */
export function applyScript(script: EditScript, form: string): string | undefined {
  if (script.whole !== undefined) return script.whole;
  const { casing, prefix, suffix } = script;
  const letters = inCase(form, casing);
  const end = letters.length - suffix.remove;
  if (end < prefix.remove) return undefined;
  return prefix.add + letters.slice(prefix.remove, end).join('') + suffix.add || undefined;
}

/** The letters (code points) of a form in a case. A letter whose other case is several letters stays: ß. */
export function inCase(form: string, casing: Casing): string[] {
  const letters = [...form];
  if (casing === 'keep') return letters;
  if (casing === 'lower') return letters.map(lower);
  if (casing === 'upper') return letters.map(upper);
  return letters.map((letter, i) => (i === 0 ? upper(letter) : lower(letter)));
}

// as in UnicodeData.txt; JavaScript adds U+0307 to the i
const lower = (letter: string): string =>
  letter === 'İ' ? 'i' : single(letter.toLowerCase(), letter);

const upper = (letter: string): string => single(letter.toUpperCase(), letter);

const single = (mapped: string, letter: string): string =>
  mapped.length === letter.length ? mapped : letter;
