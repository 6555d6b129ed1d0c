import { FNV_OFFSET, FNV_PRIME } from '../fnv.ts';
import type { Chunk, Follow, Tokenizer } from './tokenizer.ts';

// Looks up the chunks of a text by their bytes, so that every distinct chunk is decoded and cut
// only once.

/** A distinct chunk of the text. */
export interface Entry {
  readonly chunk: Chunk;
  /** Byte length and hash of each token. There is one array for each value of `Follow`. */
  readonly cuts: (Int32Array | undefined)[];
  /** Bytes after which a sentence ends inside it. */
  readonly breaks: readonly number[];
}

const FOLLOWS: readonly Follow[] = ['word', 'number', 'nothing'];
const MOST_ENTRIES = 32_768;
const MOST_KEY_BYTES = 4 * 2 ** 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// FNV-1a, as of `TokenLines`
export const hashBytes = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = FNV_OFFSET;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  return hash;
};

/** Finds chunks by their bytes: a hash table with open addressing. */
export class ChunkTable {
  readonly #tokenizer: Tokenizer;
  readonly #slots = new Int32Array(4 * MOST_ENTRIES); // 0, or 1 + entry
  readonly #hashes = new Int32Array(MOST_ENTRIES);
  /** Where the bytes of each entry begin; those of the last end at the last. */
  readonly #starts = new Int32Array(MOST_ENTRIES + 1);
  #keys = new Uint8Array(2 ** 18);
  #entries: Entry[] = [];

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** @throws RangeError or TypeError if the bytes are no UTF-8 */
  find(bytes: Uint8Array, from: number, to: number, hash: number): Entry {
    const mask = this.#slots.length - 1;
    let i = (hash ^ (hash >>> 15)) & mask;
    for (; this.#slots[i] !== 0; i = (i + 1) & mask) {
      const e = this.#slots[i]! - 1;
      if (this.#hashes[e] === hash && this.#isKey(e, bytes, from, to)) return this.#entries[e]!;
    }
    const text = decoder.decode(bytes.subarray(from, to));
    const chunk = this.#tokenizer.chunk(text);
    let size = 0;
    const breaks = chunk.breaks.map((at, i) => {
      size += encoder.encode(text.slice(chunk.breaks[i - 1] ?? 0, at)).length;
      return size;
    });
    const entry: Entry = { chunk, cuts: [undefined, undefined, undefined], breaks };
    const count = this.#entries.length;
    const end = this.#starts[count]! + to - from;
    if (count === MOST_ENTRIES || end > MOST_KEY_BYTES) {
      // a full table is emptied
      this.#slots.fill(0);
      this.#entries = [];
      return entry;
    }
    if (end > this.#keys.length) {
      const more = new Uint8Array(2 * Math.max(this.#keys.length, end));
      more.set(this.#keys);
      this.#keys = more;
    }
    this.#keys.set(bytes.subarray(from, to), this.#starts[count]!);
    this.#starts[count + 1] = end;
    this.#hashes[count] = hash;
    this.#slots[i] = count + 1;
    this.#entries.push(entry);
    return entry;
  }

  #isKey(entry: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[entry]!;
    if (this.#starts[entry + 1]! - start !== to - from) return false;
    for (let i = 0; i < to - from; i++) if (this.#keys[start + i] !== bytes[from + i]) return false;
    return true;
  }
}

export function cutOf(entry: Entry, follow: number): Int32Array {
  const known = entry.cuts[follow];
  if (known) return known;
  const tokens = entry.chunk.tokens(FOLLOWS[follow]!);
  const cut = new Int32Array(2 * tokens.length);
  tokens.forEach((token, t) => {
    const bytes = encoder.encode(token);
    cut[2 * t] = bytes.length;
    cut[2 * t + 1] = hashBytes(bytes, 0, bytes.length);
  });
  entry.cuts[follow] = cut;
  return cut;
}
