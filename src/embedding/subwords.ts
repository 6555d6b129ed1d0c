/** Which rows each word owns: word w has `rows[owned[w]]` to `rows[owned[w + 1] - 1]`. */
export interface Subwords {
  readonly owned: Int32Array;
  readonly rows: Int32Array;
}

export interface SubwordOptions {
  /** Lengths of n-grams in characters, from `minNgram` to `maxNgram`; none where `maxNgram` is 0. */
  readonly minNgram: number;
  readonly maxNgram: number;
  /** Rows that n-grams share, by their hash. */
  readonly buckets: number;
}

/**
 * The n-grams of `<word>`, its borders marked, as in Bojanowski et al. (2017), section 3.2. A border alone is none.
 * Characters are code points.
 */
export function ngrams(word: string, { minNgram, maxNgram }: SubwordOptions): string[] {
  const points = [...`<${word}>`];
  const found: string[] = [];
  for (let from = 0; from < points.length; from++) {
    const most = Math.min(maxNgram, points.length - from);
    for (let n = minNgram; n <= most; n++) {
      if (n === 1 && (from === 0 || from === points.length - 1)) continue;
      found.push(points.slice(from, from + n).join(''));
    }
  }
  return found;
}

const utf8 = new TextEncoder();

/** 32-bit FNV-1a of the text in UTF-8. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Longer words own the n-grams of their beginning only, so that no line of noise costs as much as a page of text. */
const MOST_CHARACTERS = 64;

/** Row w is word w's own; rows from `words.length` on are the buckets. */
export function subwordsOf(words: readonly string[], options: SubwordOptions): Subwords {
  const owned = new Int32Array(words.length + 1);
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
    owned[w + 1] = size;
  });
  return { owned, rows: rows.subarray(0, size) };
}
