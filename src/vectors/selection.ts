import type { RowTarget } from './rows.ts';

/** How many wanted words have a vector. */
export interface Coverage {
  /** Number of distinct wanted words, without `''`. */
  readonly wanted: number;
  /** Number of words found in exactly this form. */
  readonly exact: number;
  /** Number of words found only in another form. */
  readonly folded: number;
  readonly missing: number;
  /** Fraction of the tokens whose word was found, from 0 to 1. Undefined if the wanted words have no counts. */
  readonly byTokens?: number;
}

/** Vectors chosen from a file. */
export interface VectorTable {
  readonly dim: number;
  /**
   * Distinct words: first the wanted words that were found, in the order of `wanted`, then the other kept words, in the
   * order of the file.
   */
  readonly words: readonly string[];
  /** (words, dim), row-major. */
  readonly values: Float32Array;
  readonly coverage: Coverage;
}

export interface SelectionOptions {
  /**
   * The wanted words, as the model normalises them. A map also has their number of tokens, for `byTokens`. `''` is
   * skipped.
   */
  readonly wanted: Iterable<string> | ReadonlyMap<string, number>;
  /** Number of other words to keep, from the beginning of the file. Default: 0. */
  readonly keep?: number;
  /** The model's normalisation of a word, for example to lower case. Default: none. */
  readonly fold?: (word: string) => string;
}

/** Chooses rows while a file is read. */
export interface Selection extends RowTarget {
  /** The chosen vectors. No row may be chosen afterwards. */
  table(): VectorTable;
}

/** Maximum initial capacity of a table, in values: 256 MiB. */
const FIRST_VALUES = 2 ** 26;
/** Names for the vector of unknown words. It is not kept as a word. */
const UNKNOWN = new Set(['<unk>', '<UNK>', '[UNK]', 'UNK', '*UNKNOWN*']);

/** Number of forms from `formsOf`. It is added to the rank of a word that only folds to a form. */
const FORMS = 4;
const NOT_FOUND = 2 * FORMS;

/** The forms in which a wanted word may be found, best first. */
function formsOf(word: string): string[] {
  const [first = ''] = word;
  const lower = word.toLowerCase();
  const title = first.toUpperCase() + word.slice(first.length).toLowerCase();
  return [word, lower, title, word.toUpperCase()];
}

/**
 * Selects the vectors of wanted words, each in the best form that the file has, and of the first
 * `keep` other words.
 * @param rowsInFile number of rows, if it is known
 */
export function createSelection(
  { wanted, keep = 0, fold = (word) => word }: SelectionOptions,
  { dim, rowsInFile = Number.POSITIVE_INFINITY }: { dim: number; rowsInFile: number | undefined },
): Selection {
  const row = new Float32Array(dim);
  const counts = wanted instanceof Map ? (wanted as ReadonlyMap<string, number>) : undefined;
  const words = [...new Set(counts?.keys() ?? (wanted as Iterable<string>))].filter(
    (word) => word !== '',
  );
  /** For each form, the wanted words that may use it, as index * FORMS + rank. */
  const candidates = new Map<string, number[]>();
  words.forEach((word, index) => {
    const forms = formsOf(word);
    forms.forEach((form, rank) => {
      if (forms.indexOf(form) !== rank) return;
      const list = candidates.get(form);
      if (list === undefined) candidates.set(form, [index * FORMS + rank]);
      else list.push(index * FORMS + rank);
    });
  });
  /**
   * Rank of each wanted word's row: below FORMS for a form of the word, from FORMS on for a word that folds to a form.
   */
  const ranks = new Uint8Array(words.length).fill(NOT_FOUND);
  /** First one row for each wanted word, then those of other words. */
  const stored = createRows(dim, words.length + Math.min(keep, rowsInFile));
  /** Rows of the other words, by their folded form. */
  const kept = new Map<string, number>();
  /** Kept words whose vector is of a form that folding changes. It may still be replaced. */
  const inexact = new Set<string>();
  /** Rows that `store` sets. */
  const targets: number[] = [];

  /** Targets the wanted words for which `form` is better than their current form. */
  function chooseWanted(form: string, penalty: number): void {
    const list = candidates.get(form);
    if (list === undefined) return;
    for (const candidate of list) {
      const index = Math.floor(candidate / FORMS);
      const rank = (candidate % FORMS) + penalty;
      if (rank >= ranks[index]!) continue;
      ranks[index] = rank;
      if (!targets.includes(index)) targets.push(index);
    }
  }

  /** Targets the row of another word to keep, unless it already has as good a vector. */
  function chooseOther(folded: string, word: string): void {
    const known = kept.get(folded);
    if (known !== undefined) {
      if (folded === word && inexact.delete(folded)) targets.push(known);
      return;
    }
    if (kept.size >= keep || folded === '' || isWanted(folded)) return;
    if (folded !== word) inexact.add(folded);
    const index = words.length + kept.size;
    kept.set(folded, index);
    targets.push(index);
  }

  const isWanted = (word: string): boolean =>
    candidates.get(word)?.some((candidate) => candidate % FORMS === 0) ?? false;

  function coverage(): Coverage {
    const exact = ranks.reduce((n, rank) => n + Number(rank === 0), 0);
    const missing = ranks.reduce((n, rank) => n + Number(rank === NOT_FOUND), 0);
    const known = { wanted: words.length, exact, folded: words.length - exact - missing, missing };
    if (counts === undefined) return known;
    let covered = 0;
    let tokens = 0;
    words.forEach((word, index) => {
      const n = counts.get(word)!;
      tokens += n;
      if (ranks[index] !== NOT_FOUND) covered += n;
    });
    return { ...known, byTokens: tokens === 0 ? 0 : covered / tokens };
  }

  return {
    row,
    choose(word) {
      targets.length = 0;
      if (word === '') return false;
      chooseWanted(word, 0);
      const folded = fold(word);
      if (folded !== word) chooseWanted(folded, FORMS);
      if (keep > 0 && !UNKNOWN.has(word)) chooseOther(folded, word);
      return targets.length > 0;
    },
    store() {
      for (const index of targets) stored.set(index, row);
    },
    table() {
      const found = [...words.keys()].filter((index) => ranks[index] !== NOT_FOUND);
      found.forEach((index, i) => {
        stored.move({ to: i, from: index, n: 1 });
      });
      stored.move({ to: found.length, from: words.length, n: kept.size });
      const all = [...found.map((index) => words[index]!), ...kept.keys()];
      return { dim, words: all, values: stored.first(all.length), coverage: coverage() };
    },
  };
}

/**
 * Rows (dim) that can be set in any order. Reserves room for the expected number of rows, up to a limit: the system
 * allocates memory only for written rows, so that the table is rarely copied to grow.
 */
function createRows(dim: number, expected: number) {
  let values = new Float32Array(Math.min(expected * dim, FIRST_VALUES));
  return {
    set(index: number, row: Float32Array): void {
      const from = index * dim;
      const to = from + dim;
      if (to > values.length) {
        const grown = new Float32Array(Math.max(to, Math.ceil(1.5 * values.length)));
        grown.set(values);
        values = grown;
      }
      values.set(row, from);
    },
    /** Moves `n` rows to a lower index. */
    move({ to, from, n }: { to: number; from: number; n: number }): void {
      values.copyWithin(to * dim, from * dim, (from + n) * dim);
    },
    first: (n: number): Float32Array => values.subarray(0, n * dim),
  };
}
