import { createByteTable } from '../byte-table.ts';
import { fnv } from '../fnv.ts';
import { dependsOnFollow, follows, type Tokenizer } from './tokenizer.ts';

/** Numbers the chunks of a text by their bytes, so that each distinct one is decoded and cut only once. */
export interface ChunkTable {
  /**
   * The number of a chunk.
   * @param hash FNV-1a of its bytes
   * @throws TypeError if the bytes are no UTF-8
   */
  find(bytes: Uint8Array, from: number, to: number, hash: number): number;
  /** The traits of each chunk. */
  readonly traits: readonly number[];
  /** The lengths in bytes of the parts of a chunk inside which sentences end; undefined for the others. */
  partsOf(chunk: number): readonly number[] | undefined;
  /**
   * Where `cuts` has the tokens of a chunk: their number, and then the length in bytes and the hash of each.
   * @param follow what follows it in its sentence: an index of `follows`
   */
  cut(chunk: number, follow: number): number;
  readonly cuts: readonly number[];
  /** Forgets all chunks if there are many. Only this makes numbers invalid. */
  relieve(): void;
}

const MOST_CHUNKS = 32_768;
const MOST_BYTES = 4 * 2 ** 20;

export function createChunkTable(tokenizer: Tokenizer): ChunkTable {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const keys = createByteTable();
  const traits: number[] = [];
  const parts = new Map<number, readonly number[]>();
  const cuts: number[] = [];
  /** For each chunk and each value of `Follow`: 1 + where its tokens are in `cuts`, or 0 if it was not cut yet. */
  const places: number[] = [];

  function add(chunk: number): void {
    const text = decoder.decode(keys.bytesOf(chunk));
    traits.push(tokenizer.traits(text));
    const breaks = tokenizer.breaks(text);
    if (breaks.length > 0) {
      const ends = [...breaks, text.length];
      parts.set(
        chunk,
        ends.map((end, i) => Buffer.byteLength(text.slice(ends[i - 1] ?? 0, end))),
      );
    }
    places.push(0, 0, 0);
  }

  function addCut(chunk: number, follow: number): void {
    const bytes = keys.bytesOf(chunk);
    const text = decoder.decode(bytes);
    const tokens = tokenizer.cut(text, follows[follow]!);
    const place = cuts.length + 1;
    for (let f = 0; f < follows.length; f++)
      if (f === follow || !dependsOnFollow(text)) places[follows.length * chunk + f] = place;
    cuts.push(tokens.length);
    let from = 0;
    for (const token of tokens) {
      const to = from + Buffer.byteLength(token);
      cuts.push(to - from, fnv(bytes, from, to));
      from = to;
    }
  }

  return {
    traits,
    cuts,
    find(bytes, from, to, hash) {
      const chunk = keys.number(bytes, from, to, hash);
      if (chunk === traits.length) add(chunk);
      return chunk;
    },
    partsOf: (chunk) => parts.get(chunk),
    cut(chunk, follow) {
      const i = follows.length * chunk + follow;
      if (places[i] === 0) addCut(chunk, follow);
      return places[i]! - 1;
    },
    relieve() {
      if (keys.size <= MOST_CHUNKS && keys.bytes <= MOST_BYTES) return;
      keys.clear();
      parts.clear();
      traits.length = cuts.length = places.length = 0;
    },
  };
}
