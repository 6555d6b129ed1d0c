import type { TokenLines } from '../corpus/index.ts';

/** Knows the places of word types in the engine's cache; `Batch` is how tokens come. */
export interface Lexicon<Batch> {
  /**
   * Writes the places of a batch's tokens to `places`; of a type that has none, -1 - i, where i is its index in what is
   * returned: of each new type its first token in the batch. They count as known at once: `settle` or `clear` must follow.
   */
  look(batch: Batch, places: Int32Array): number[];
  /** Says where the new types of the last `look` came to be. */
  settle(slots: Int32Array): void;
  clear(): void;
  /** Its types are so long that it should be cleared before the next batch. */
  readonly isHeavy: boolean;
}

/** Characters or bytes of types that are kept from batch to batch. */
const MOST_KEPT = 4 * 2 ** 20;

/**
 * The same string with no hold on another: V8 keeps a slice of 13 characters or more as a pointer into the text that it
 * was cut from, and a cache of words must not keep all that was ever read.
 */
const detached = (token: string): string =>
  token.length < 13 ? token : Buffer.from(token, 'utf16le').toString('utf16le');

/** Of sentences as strings. */
export function createLexicon(): Lexicon<readonly (readonly string[])[]> {
  const known = new Map<string, number>();
  let missing: string[] = [];
  let kept = 0;
  return {
    look(sentences, places) {
      missing = [];
      const first: number[] = [];
      let at = 0;
      for (const tokens of sentences)
        for (const token of tokens) {
          let place = known.get(token);
          if (place === undefined) {
            place = -1 - missing.length;
            const own = detached(token);
            missing.push(own);
            first.push(at);
            kept += own.length;
            known.set(own, place);
          }
          places[at++] = place;
        }
      return first;
    },
    settle(slots) {
      missing.forEach((token, i) => {
        known.set(token, slots[i]!);
      });
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

/** 32-bit integers of an entry: hash, where its bytes begin, how many there are, its place. */
const ENTRY = 4;

/**
 * Of tokens as bytes: a hash table with open addressing, so that a known token costs no string.
 * @param capacity types that the cache holds; more come only within one batch
 */
export function createByteLexicon(capacity: number): Lexicon<TokenLines> {
  let size = 1024; // a power of 2, at least twice the entries
  let entries = new Int32Array(capacity * ENTRY);
  let table = new Int32Array(size); // 0, or 1 + entry
  let count = 0;
  let bytes = new Uint8Array(16 * capacity);
  let used = 0;
  let settled = 0;

  function grow(): void {
    size *= 2;
    table = new Int32Array(size);
    for (let e = 0; e < count; e++) {
      let i = entries[e * ENTRY]! & (size - 1);
      while (table[i] !== 0) i = (i + 1) & (size - 1);
      table[i] = e + 1;
    }
  }

  function add(batch: TokenLines, token: number, place: number): void {
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
    entries.set([batch.hashes[token]!, used, length, place], count * ENTRY);
    used += length;
    count++;
  }

  /** Where in the table the token is, or is to be. */
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
    look(batch, places) {
      const first: number[] = [];
      settled = count;
      for (let token = 0; token < batch.tokens; token++) {
        let i = find(batch, token);
        if (table[i] === 0) {
          first.push(token);
          if (2 * (count + 1) > size) {
            grow();
            i = find(batch, token);
          }
          add(batch, token, -first.length);
          table[i] = count;
        }
        places[token] = entries[(table[i]! - 1) * ENTRY + 3]!;
      }
      return first;
    },
    settle(slots) {
      for (let e = settled; e < count; e++) entries[e * ENTRY + 3] = slots[e - settled]!;
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
