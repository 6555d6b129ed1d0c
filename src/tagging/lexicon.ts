import type { TokenLines } from '../corpus/index.ts';

/** Maps word types to numbers. `Tokens` is the type of its input. */
export interface Lexicon<Tokens> {
  /**
   * Writes the word type of each token to `ids`. New types are numbered from `next` on.
   * @returns the index of the first token of each new type
   */
  number(tokens: Tokens, ids: Int32Array, next: number): number[];
  clear(): void;
  /** Whether its types take so much memory that it should be cleared before the next batch. */
  readonly isHeavy: boolean;
}

/** Maximum total length of the types kept from batch to batch, in characters or bytes. */
const MOST_KEPT = 4 * 2 ** 20;

/**
 * A copy of a string. V8 stores a slice of 13 or more characters as a pointer into its source text. Without a copy, a
 * table of words would keep all texts in memory.
 */
const detached = (token: string): string =>
  token.length < 13 ? token : Buffer.from(token, 'utf16le').toString('utf16le');

/** A lexicon of strings; tokens come as sentences. */
export function createLexicon(): Lexicon<readonly (readonly string[])[]> {
  const known = new Map<string, number>();
  let kept = 0;
  return {
    number(sentences, ids, next) {
      const first: number[] = [];
      let at = 0;
      for (const tokens of sentences)
        for (const token of tokens) {
          let id = known.get(token);
          if (id === undefined) {
            id = next + first.length;
            first.push(at);
            const copy = detached(token);
            kept += copy.length;
            known.set(copy, id);
          }
          ids[at++] = id;
        }
      return first;
    },
    clear() {
      known.clear();
      kept = 0;
    },
    get isHeavy() {
      return kept > MOST_KEPT;
    },
  };
}

/** Number of 32-bit integers of an entry: hash, offset of its bytes, their number, and the number of the type. */
const ENTRY = 4;

/** A lexicon of tokens as bytes: a hash table with open addressing. Looking up a token creates no string. */
export function createByteLexicon(): Lexicon<TokenLines> {
  let size = 8192; // a power of 2, at least twice the entries
  let entries = new Int32Array((size / 2) * ENTRY);
  let table = new Int32Array(size); // 0, or 1 + entry
  let count = 0;
  let bytes = new Uint8Array(2 ** 16);
  let used = 0;

  function grow(): void {
    size *= 2;
    table = new Int32Array(size);
    for (let e = 0; e < count; e++) {
      let i = entries[e * ENTRY]! & (size - 1);
      while (table[i] !== 0) i = (i + 1) & (size - 1);
      table[i] = e + 1;
    }
  }

  function add(batch: TokenLines, token: number, id: number): void {
    const from = batch.from[token]!;
    const length = batch.to[token]! - from;
    if ((count + 1) * ENTRY > entries.length) {
      const more = new Int32Array(2 * entries.length);
      more.set(entries);
      entries = more;
    }
    if (used + length > bytes.length) {
      const more = new Uint8Array(Math.max(2 * bytes.length, used + length));
      more.set(bytes.subarray(0, used));
      bytes = more;
    }
    bytes.set(batch.bytes.subarray(from, from + length), used);
    entries.set([batch.hashes[token]!, used, length, id], count * ENTRY);
    used += length;
    count++;
  }

  /** The index of the token in the table, or the free index where it is to be inserted. */
  function find({ bytes: text, from, to, hashes }: TokenLines, token: number): number {
    const hash = hashes[token]!;
    const start = from[token]!;
    const length = to[token]! - start;
    let i = hash & (size - 1);
    for (; ; i = (i + 1) & (size - 1)) {
      const e = table[i]!;
      if (e === 0) return i;
      const entry = (e - 1) * ENTRY;
      if (entries[entry] !== hash || entries[entry + 2] !== length) continue;
      const at = entries[entry + 1]!;
      let n = 0;
      while (n < length && bytes[at + n] === text[start + n]) n++;
      if (n === length) return i;
    }
  }

  return {
    number(batch, ids, next) {
      const first: number[] = [];
      for (let token = 0; token < batch.tokens; token++) {
        let i = find(batch, token);
        if (table[i] === 0) {
          if (2 * (count + 1) > size) {
            grow();
            i = find(batch, token);
          }
          add(batch, token, next + first.length);
          first.push(token);
          table[i] = count;
        }
        ids[token] = entries[(table[i]! - 1) * ENTRY + 3]!;
      }
      return first;
    },
    clear() {
      table.fill(0);
      count = used = 0;
      if (bytes.length > 2 * MOST_KEPT) bytes = new Uint8Array(MOST_KEPT);
    },
    get isHeavy() {
      return used > MOST_KEPT;
    },
  };
}
