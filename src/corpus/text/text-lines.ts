import type { TokenLines } from '../formats/token-lines.ts';
import { binary, invalidUtf8, LF } from '../lines.ts';
import { MAX_PARAGRAPH } from './text.ts';
import { type Chunk, type Follow, sentenceEnds, type Tokenizer } from './tokenizer.ts';

// Raw text as bytes, cut as `TextParser` cuts it, without a string for each token: every different chunk is decoded and cut
// once, and then found in a hash table by its bytes.

/** A different chunk of the text. */
interface Entry {
  readonly chunk: Chunk;
  /** Length in bytes and hash of each token, by what follows the chunk. */
  readonly cuts: (Int32Array | undefined)[];
  /** Bytes after which a sentence ends inside it. */
  readonly breaks: readonly number[];
}

const FOLLOWS: readonly Follow[] = ['word', 'number', 'nothing'];
const MOST_ENTRIES = 32_768;
const MOST_KEY_BYTES = 4 * 2 ** 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const hashBytes = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
};

/** Finds chunks by their bytes: a hash table with open addressing. */
class ChunkTable {
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
    const breaks = chunk.breaks.map((at) => encoder.encode(text.slice(0, at)).length);
    const entry: Entry = { chunk, cuts: [undefined, undefined, undefined], breaks };
    const count = this.#entries.length;
    const end = this.#starts[count]! + to - from;
    if (count === MOST_ENTRIES || end > MOST_KEY_BYTES) {
      // a text of ever new chunks begins anew
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

function cutOf(entry: Entry, follow: number): Int32Array {
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

/** Bytes of white space at `i`, as `TextParser` has it; 0 if there is none. */
function spaceAt(bytes: Uint8Array, i: number): number {
  const byte = bytes[i]!;
  if (byte < 0x80) return byte === 32 || (byte >= 9 && byte <= 13) ? 1 : 0;
  const next = bytes[i + 1];
  if (byte === 0xc2) return next === 0x85 || next === 0xa0 ? 2 : 0;
  const third = bytes[i + 2]!;
  switch (byte) {
    case 0xe1:
      return next === 0x9a && third === 0x80 ? 3 : 0;
    case 0xe2:
      if (next === 0x80)
        return (third >= 0x80 && third <= 0x8b) ||
          third === 0xa8 ||
          third === 0xa9 ||
          third === 0xaf
          ? 3
          : 0;
      return next === 0x81 && third === 0x9f ? 3 : 0;
    case 0xe3:
      return next === 0x80 && third === 0x80 ? 3 : 0;
    case 0xef:
      return next === 0xbb && third === 0xbf ? 3 : 0;
    default:
      return 0;
  }
}

/** A paragraph as it is being cut. */
interface Paragraph {
  readonly entries: Entry[];
  readonly chunks: Chunk[];
  /** Byte at which each chunk begins, and the line in which that is. */
  readonly froms: number[];
  readonly lines: number[];
  /** Whether a sentence ends inside the chunk that this is the beginning of. */
  readonly isBreak: boolean[];
}

/**
 * Cuts raw text into batches of whole sentences: of at most `most` tokens, or of one sentence that has more.
 * @param pieces of the text, each of whole lines but the last, and none cut inside a character
 * @param options.isByLine every line is a text of its own
 * @throws UserError if the text is no UTF-8 or has a NUL byte
 */
export async function* textTokenLines(
  pieces: AsyncIterable<Uint8Array>,
  options: { file: string; most: number; tokenizer: Tokenizer; isByLine: boolean },
): AsyncGenerator<TokenLines> {
  const { file, most, tokenizer, isByLine } = options;
  const table = new ChunkTable(tokenizer);
  let pending = new Uint8Array(0);
  /** The line in which `pending` begins, from 1. */
  let line = 1;
  let blankLines = 0;
  let batch: TokenLines | undefined;

  function find(bytes: Uint8Array, [from, to, hash]: [number, number, number], at: number): Entry {
    try {
      return table.find(bytes, from, to, hash);
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw invalidUtf8(file, at);
      throw error;
    }
  }

  /** The chunks of `bytes` from `begin` to `end`. */
  function read(bytes: Uint8Array, begin: number, end: number): Paragraph {
    const found: Paragraph = { entries: [], chunks: [], froms: [], lines: [], isBreak: [] };
    const push = (entry: Entry, from: number, at: number, isBreak: boolean): void => {
      found.entries.push(entry);
      found.chunks.push(entry.chunk);
      found.froms.push(from);
      found.lines.push(at);
      found.isBreak.push(isBreak);
    };
    let at = line;
    for (let i = begin; i < end; ) {
      const space = spaceAt(bytes, i);
      if (space > 0) {
        if (bytes[i] === LF) at++;
        i += space;
        continue;
      }
      const from = i;
      let hash = 0x811c9dc5;
      let isBinary = false;
      while (i < end) {
        const byte = bytes[i]!;
        if (byte <= 32 || byte >= 0x80) {
          if (byte === 0) isBinary = true;
          if (spaceAt(bytes, i) > 0) break;
        }
        hash = Math.imul(hash ^ byte, 0x01000193);
        i++;
      }
      if (isBinary) throw binary(file, at);
      const entry = find(bytes, [from, i, hash], at);
      if (entry.breaks.length === 0) {
        push(entry, from, at, false);
        continue;
      }
      let start = from;
      for (const place of [...entry.breaks, i - from]) {
        const to = from + place;
        push(find(bytes, [start, to, hashBytes(bytes, start, to)], at), start, at, to < i);
        start = to;
      }
    }
    return found;
  }

  /** Writes the sentences of a paragraph to the batch; yields it when it is full. */
  function* write(
    bytes: Uint8Array,
    paragraph: Paragraph,
    ends: readonly number[],
  ): Generator<TokenLines> {
    const { entries, froms, lines } = paragraph;
    let first = 0;
    for (const end of ends) {
      let size = 0;
      for (let c = first; c < end; c++)
        size += cutOf(entries[c]!, followOf(bytes, froms, c, end)).length / 2;
      if (batch && batch.tokens > 0 && batch.tokens + size > most) {
        yield batch;
        batch = undefined;
      }
      if (size > 0) {
        batch ??= emptyBatch({ bytes, file, most });
        batch = withRoom(batch, size);
        let n = batch.tokens;
        for (let c = first; c < end; c++) {
          const cut = cutOf(entries[c]!, followOf(bytes, froms, c, end));
          let at = froms[c]!;
          for (let t = 0; t < cut.length; t += 2) {
            batch.from[n] = at;
            at += cut[t]!;
            batch.to[n] = at;
            batch.hashes[n++] = cut[t + 1]!;
          }
        }
        batch.tokens = n;
        batch.ends.push(n);
        batch.lines.push(lines[first]!);
        if (isByLine) batch.blankLines!.push(blankLines);
        blankLines = 0;
      }
      first = end;
    }
  }

  /** Takes what is complete of `pending`; all of it at the end. */
  function* take(isLast: boolean): Generator<TokenLines> {
    const bytes = pending;
    let begin = 0;
    let lineStart = 0;
    let hasContent = false;
    const drop = (to: number): void => {
      for (let i = begin; i < to; i++) if (bytes[i] === LF) line++;
      begin = lineStart = to;
      hasContent = false;
    };
    for (;;) {
      const limit = unitsEnd(bytes, begin, MAX_PARAGRAPH);
      let end = 0;
      for (;;) {
        const lineEnd = bytes.indexOf(LF, lineStart);
        if (lineEnd < 0 || lineEnd >= limit) break;
        const isBlank = isSpaceOnly(bytes, lineStart, lineEnd);
        lineStart = lineEnd + 1;
        if (!isBlank) hasContent = true;
        else if (isByLine && !hasContent) {
          blankLines++;
          drop(lineStart);
          continue;
        }
        if (hasContent && (isBlank || isByLine)) {
          end = lineStart;
          break;
        }
      }
      if (end === 0) {
        const isFull = limit < bytes.length || unitsOf(bytes, begin) >= MAX_PARAGRAPH;
        if (!isLast && !isFull) break;
        if (!isFull) end = bytes.length;
        if (end === 0) {
          // all sentences but the last of a paragraph too long to wait for its end
          const paragraph = read(bytes, begin, limit);
          const ends = sentenceEnds(paragraph.chunks, paragraph.isBreak);
          let to =
            ends.length > 1 ? paragraph.froms[ends.at(-2)!]! : lastSpace(bytes, begin, limit);
          if (paragraph.chunks.length === 0) to = limit;
          const part = ends.length > 1 ? paragraph : read(bytes, begin, to);
          yield* write(
            bytes,
            part,
            ends.length > 1 ? ends.slice(0, -1) : sentenceEnds(part.chunks, part.isBreak),
          );
          drop(to);
          continue;
        }
      }
      const paragraph = read(bytes, begin, end);
      yield* write(bytes, paragraph, sentenceEnds(paragraph.chunks, paragraph.isBreak));
      drop(end);
      if (isLast && begin === bytes.length) break;
    }
    if (batch && batch.tokens > 0) yield batch;
    batch = undefined;
    pending = bytes.slice(begin);
  }

  for await (const piece of pieces) {
    const joined = new Uint8Array(pending.length + piece.length);
    joined.set(pending);
    joined.set(piece, pending.length);
    pending = joined;
    yield* take(false);
  }
  if (pending.length > 0) yield* take(true);
}

function followOf(bytes: Uint8Array, froms: readonly number[], c: number, end: number): number {
  if (c + 1 === end) return 2;
  const byte = bytes[froms[c + 1]!]!;
  return byte >= 48 && byte <= 57 ? 1 : 0;
}

const isSpaceOnly = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; ) {
    const space = spaceAt(bytes, i);
    if (space === 0) return false;
    i += space;
  }
  return true;
};

/** UTF-16 units of a character by its first byte; 0 of the others. */
const unitsAt = (byte: number): number => ((byte & 0xc0) === 0x80 ? 0 : byte >= 0xf0 ? 2 : 1);

/** Where `most` UTF-16 units from `begin` on end, in bytes. */
function unitsEnd(bytes: Uint8Array, begin: number, most: number): number {
  if (bytes.length - begin < most) return bytes.length;
  let units = 0;
  for (let i = begin; i < bytes.length; i++) {
    units += unitsAt(bytes[i]!);
    if (units > most) return i;
  }
  return bytes.length;
}

function unitsOf(bytes: Uint8Array, begin: number): number {
  if (bytes.length - begin < MAX_PARAGRAPH) return 0;
  let units = 0;
  for (let i = begin; i < bytes.length; i++) units += unitsAt(bytes[i]!);
  return units;
}

/** After the last white space before `to`, or `to` if nothing stands before that. */
function lastSpace(bytes: Uint8Array, from: number, to: number): number {
  let i = to;
  while (i > from) {
    const before = i - 1;
    if (bytes[before]! < 0x80 ? spaceAt(bytes, before) > 0 : spaceEndsAt(bytes, i, from)) break;
    i--;
  }
  return isSpaceOnly(bytes, from, i) ? to : i;
}

const spaceEndsAt = (bytes: Uint8Array, end: number, from: number): boolean =>
  (end - 2 >= from && spaceAt(bytes, end - 2) === 2) ||
  (end - 3 >= from && spaceAt(bytes, end - 3) === 3);

function emptyBatch(options: { bytes: Uint8Array; file: string; most: number }): TokenLines {
  const { bytes, file, most } = options;
  const [from, to, hashes] = [new Int32Array(most), new Int32Array(most), new Int32Array(most)];
  return { file, bytes, from, to, hashes, tokens: 0, ends: [], lines: [], blankLines: [] };
}

function withRoom(batch: TokenLines, more: number): TokenLines {
  const size = batch.tokens + more;
  if (size <= batch.from.length) return batch;
  for (const key of ['from', 'to', 'hashes'] as const) {
    const larger = new Int32Array(2 * size);
    larger.set(batch[key]);
    batch[key] = larger;
  }
  return batch;
}
