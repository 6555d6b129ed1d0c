import { FNV_OFFSET, FNV_PRIME } from '../corpus/fnv.ts';
import { type NgramLengths, ngrams } from '../vectors/ngrams.ts';

/** The embedding rows of words: word w has `rows[offsets[w]]` to `rows[offsets[w + 1] - 1]`. */
export interface Subwords {
  readonly offsets: Int32Array;
  readonly rows: Int32Array;
}

export interface SubwordOptions extends NgramLengths {
  /** Number of rows for n-grams. N-grams with equal hashes share a row. There are none if `maxNgram` is 0. */
  readonly buckets: number;
}

const utf8 = new TextEncoder();

/** 32-bit FNV-1a hash of the UTF-8 bytes. */
export function fnv1a(text: string): number {
  let hash = FNV_OFFSET;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash >>> 0;
}

/** Number of characters of a word that n-grams are taken from. Limits the cost of very long noise tokens. */
const MOST_CHARACTERS = 64;

/** The rows of each word: row w of word w, and the rows of its n-grams, from `words.length` on. */
export function subwordRows(words: readonly string[], options: SubwordOptions): Subwords {
  const offsets = new Int32Array(words.length + 1);
  let rows = new Int32Array(words.length * 20);
  let size = 0;
  words.forEach((word, w) => {
    const grams = options.maxNgram > 0 ? ngrams(word.slice(0, MOST_CHARACTERS), options) : [];
    if (size + grams.length + 1 > rows.length) {
      const more = new Int32Array(rows.length * 2 + grams.length + 1);
      more.set(rows);
      rows = more;
    }
    rows[size++] = w;
    for (const gram of grams) rows[size++] = words.length + (fnv1a(gram) % options.buckets);
    offsets[w + 1] = size;
  });
  return { offsets, rows: rows.subarray(0, size) };
}
