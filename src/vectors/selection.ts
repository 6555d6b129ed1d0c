import { wordForms } from '../corpus/features/word-forms.ts';
import { MOST_WORD_BYTES } from '../corpus/features/word-vectors.ts';
import type { RowTarget } from './rows.ts';

/** How many words of a corpus have a vector. */
export interface Coverage {
  /** Number of distinct words. */
  readonly words: number;
  /** Number of words found in exactly this form. */
  readonly exact: number;
  /** Number of words found only in another form. */
  readonly folded: number;
  readonly missing: number;
  /** Fraction of the tokens whose word was found, from 0 to 1. */
  readonly byTokens: number;
  /** The most frequent words without a vector, at most 8. */
  readonly examples: readonly string[];
}

/** Vectors chosen from a file. */
export interface VectorTable {
  readonly dim: number;
  /** Distinct words in the order of the file. */
  readonly words: readonly string[];
  /** (words, dim), row-major. */
  readonly values: Float32Array;
  readonly coverage: Coverage;
}

export interface SelectionOptions {
  /** The words of the corpus, as it writes them, and how often each occurs. */
  readonly counts: ReadonlyMap<string, number>;
  /** Number of words to keep from the beginning of the file, whether the corpus has them or not. Default: 0. */
  readonly keep?: number;
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
const MOST_EXAMPLES = 8;

/**
 * Selects the vector of the best form of each word of the corpus (see `wordForms`), and the first `keep` vectors of the
 * file. Of several rows of the same word the first counts.
 * @param rowsInFile number of rows, if it is known
 */
export function createSelection(
  { counts, keep = 0 }: SelectionOptions,
  { dim, rowsInFile = Number.POSITIVE_INFINITY }: { dim: number; rowsInFile: number | undefined },
): Selection {
  const row = new Float32Array(dim);
  const forms = new Set<string>();
  for (const word of counts.keys()) for (const form of wordForms(word)) forms.add(form);
  const stored = createRows(dim, Math.min(counts.size + keep, rowsInFile));
  /** The index of each stored word. */
  const indices = new Map<string, number>();
  /** Number of words that are stored because they are at the beginning of the file. */
  let kept = 0;

  /** The words of the table as the model will find them, and how many words of the corpus have one. */
  function measure(): { used: Set<string>; missing: string[]; coverage: Coverage } {
    const used = new Set<string>();
    const missing: string[] = [];
    let [exact, tokens, covered] = [0, 0, 0];
    for (const [word, n] of counts) {
      tokens += n;
      const found = findForm(word, indices);
      if (found === undefined) {
        missing.push(word);
        continue;
      }
      used.add(found);
      covered += n;
      if (found === word) exact++;
    }
    missing.sort((a, b) => counts.get(b)! - counts.get(a)!);
    return {
      used,
      missing,
      coverage: {
        words: counts.size,
        exact,
        folded: counts.size - exact - missing.length,
        missing: missing.length,
        byTokens: covered / Math.max(1, tokens),
        examples: missing.slice(0, MOST_EXAMPLES),
      },
    };
  }

  return {
    row,
    choose(word) {
      if (word === '' || Buffer.byteLength(word) > MOST_WORD_BYTES || indices.has(word)) return -1;
      const isKept = kept < keep && !UNKNOWN.has(word);
      if (isKept) kept++;
      else if (!forms.has(word)) return -1;
      indices.set(word, indices.size);
      return indices.size - 1;
    },
    store(index) {
      stored.set(index, row);
    },
    missing: () => measure().missing,
    table() {
      const { used, coverage } = measure();
      const words: string[] = [];
      let rest = kept;
      for (const [word, index] of indices) {
        // the first words that are no name for unknown words were kept
        const isKept = rest > 0 && !UNKNOWN.has(word);
        if (isKept) rest--;
        if (!isKept && !used.has(word)) continue;
        stored.move({ to: words.length, from: index });
        words.push(word);
      }
      return { dim, words, values: stored.first(words.length), coverage };
    },
  };
}

function findForm(word: string, rows: ReadonlyMap<string, unknown>): string | undefined {
  for (const form of wordForms(word)) if (rows.has(form)) return form;
  return undefined;
}

/**
 * Rows (dim) that are set one after another. Reserves room for the expected number of rows, up to a limit: the system
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
    /** Moves a row to a lower index. */
    move({ to, from }: { to: number; from: number }): void {
      values.copyWithin(to * dim, from * dim, (from + 1) * dim);
    },
    first: (n: number): Float32Array => values.subarray(0, n * dim),
  };
}
