import { tally } from '../tally.ts';
import {
  applyScript,
  type Casing,
  type EditScript,
  inCase,
  parseScript,
  scriptText,
} from './script.ts';

/** A word form and its lemma. */
export type Lemmatised = readonly [form: string, lemma: string];

/**
 * The script, as text, that each pair of form and lemma has in training. Among the scripts that give the lemma, it is
 * the one that gives the lemmas of most other pairs, so that there are few scripts in all.
 * @param preferred scripts that come before others
 */
export function learnScripts(
  pairs: Iterable<Lemmatised>,
  preferred: ReadonlySet<string> = new Set(),
): (form: string, lemma: string) => string {
  const known = new Map<string, readonly string[]>();
  const counts = new Map<string, number>();
  for (const [form, lemma] of pairs) {
    const key = keyOf(form, lemma);
    if (known.has(key)) continue;
    const scripts = candidateScripts(form, lemma);
    known.set(key, scripts);
    for (const script of scripts) tally(counts, script);
  }
  const chosen = new Map<string, string>();
  return (form, lemma) => {
    const key = keyOf(form, lemma);
    const found = chosen.get(key);
    if (found !== undefined) return found;
    const scripts = known.get(key) ?? candidateScripts(form, lemma);
    const some = scripts.filter((script) => preferred.has(script));
    const best = (some.length > 0 ? some : scripts).reduce((a, b) =>
      (counts.get(b) ?? 0) > (counts.get(a) ?? 0) ? b : a,
    );
    chosen.set(key, best);
    return best;
  };
}

const keyOf = (form: string, lemma: string): string => `${form}\t${lemma}`;

const casings: readonly Casing[] = ['lower', 'title', 'keep', 'upper'];

/**
 * Scripts that turn the form into the lemma, the best first. The lemma itself comes before scripts that keep no more than
 * half of it. The case is the first that keeps most letters: `lower` even for forms in lower case, so that a word has one
 * script at the beginning of a sentence and elsewhere.
 */
export function candidateScripts(form: string, lemma: string): string[] {
  const target = [...lemma];
  const edits = casings.map((casing) => ({ casing, ...edit(inCase(form, casing), target) }));
  const best = edits.reduce((a, b) => (b.kept > a.kept ? b : a));
  const { casing } = best;
  const around = [best, { casing, ...commonPrefixEdit(inCase(form, casing), target) }];
  const keepsMost = ({ kept }: Edit): boolean => 2 * kept > target.length;
  const scripts: EditScript[] = [
    ...around.filter(keepsMost),
    { whole: lemma },
    ...around.filter((one) => one.kept > 0 && !keepsMost(one)),
  ];
  const reproduces = (text: string): boolean => {
    const script = parseScript(text);
    return script !== undefined && applyScript(script, form) === lemma;
  };
  return [...new Set(scripts.map(scriptText))].filter(reproduces);
}

type Edit = Pick<Exclude<EditScript, { whole: string }>, 'prefix' | 'suffix'> & {
  /** The number of letters that stay. */
  readonly kept: number;
};

const editAround = (
  from: readonly string[],
  to: readonly string[],
  { start, other, length }: { start: number; other: number; length: number },
): Edit => {
  const suffixStart = start + length;
  const otherEnd = other + length;
  return {
    prefix: { remove: start, add: to.slice(0, other).join('') },
    suffix: { remove: from.length - suffixStart, add: to.slice(otherEnd).join('') },
    kept: length,
  };
};

/** The longest common substring takes time by the product of the lengths. No word is that long. */
const MOST_LETTERS = 1000;

/** Keeps the longest substring that both have, the first of several. */
function edit(from: readonly string[], to: readonly string[]): Edit {
  if (from.length > MOST_LETTERS || to.length > MOST_LETTERS) return commonPrefixEdit(from, to);
  let best = { start: 0, other: 0, length: 0 };
  let row = new Int32Array(to.length + 1); // row[j]: length of the common substring that ends before i and j
  for (let i = 1; i <= from.length; i++) {
    const next = new Int32Array(to.length + 1);
    for (let j = 1; j <= to.length; j++) {
      if (from[i - 1] !== to[j - 1]) continue;
      const length = row[j - 1]! + 1;
      next[j] = length;
      if (length > best.length) best = { start: i - length, other: j - length, length };
    }
    row = next;
  }
  return editAround(from, to, best);
}

/** Keeps the beginning that both have. */
function commonPrefixEdit(from: readonly string[], to: readonly string[]): Edit {
  let length = 0;
  while (length < from.length && length < to.length && from[length] === to[length]) length++;
  return editAround(from, to, { start: 0, other: 0, length });
}
