import { decompressed } from '../../files/compression.ts';
import { readBytes } from '../../files/read.ts';
import { inLines } from '../formats/decode.ts';
import { newDocument } from '../formats/sentence-builder.ts';
import type { TokenLines } from '../formats/token-lines.ts';
import { binary, invalidUtf8, LF } from '../lines.ts';
import type { ReadOptions } from '../sentence.ts';
import { MAX_PARAGRAPH } from './text.ts';
import { type Chunk, type Follow, sentenceEnds, type Tokenizer, tokenizerOf } from './tokenizer.ts';

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
/** Bytes of an unfinished line that are held back. */
const MAX_PIECE = 1024 * 1024;
const MOST_ENTRIES = 32_768;
const MOST_KEY_BYTES = 4 * 2 ** 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// FNV-1a, as of `TokenLines`
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const hashBytes = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = FNV_OFFSET;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
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
    let size = 0;
    const breaks = chunk.breaks.map((at, i) => {
      size += encoder.encode(text.slice(chunk.breaks[i - 1] ?? 0, at)).length;
      return size;
    });
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

/**
 * Reads a file or stream of raw text, in the format `text` or `lines`, in batches as `textTokenLines` gives them. Memory is
 * bounded.
 * @throws UserError for what the user can correct
 */
export async function* readTextLines(
  source: string | AsyncIterable<Uint8Array>,
  options: { file: string; most: number; format: 'text' | 'lines' } & Pick<
    ReadOptions,
    'onDocument' | 'tokenization'
  >,
): AsyncGenerator<TokenLines> {
  const { file, most, format, tokenization } = options;
  options.onDocument?.(newDocument(file, format));
  const bytes = decompressed(typeof source === 'string' ? readBytes(source) : source, file);
  const tokenizer = tokenizerOf(tokenization);
  const pieces = inLines(bytes, { file, most: MAX_PIECE });
  yield* textTokenLines(pieces, { file, most, tokenizer, isByLine: format === 'lines' });
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
  const cutter = new TextCutter(options);
  for await (const piece of pieces) yield* cutter.push(piece);
  yield* cutter.end();
}

class TextCutter {
  readonly #file: string;
  readonly #most: number;
  readonly #isByLine: boolean;
  readonly #table: ChunkTable;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where the open paragraph begins, and in which line. */
  #begin = 0;
  #line = 1;
  #blankLines = 0;
  #batches: TokenLines[] = [];
  #batch: TokenLines | undefined;
  // The chunks of the paragraph at hand, in arrays that are used again: what each is, the byte at which it begins, the line
  // in which that is, and whether a sentence ends after it in any case.
  readonly #entries: Entry[] = [];
  readonly #chunks: Chunk[] = [];
  readonly #froms: number[] = [];
  readonly #lines: number[] = [];
  readonly #isBreak: boolean[] = [];

  constructor(options: { file: string; most: number; tokenizer: Tokenizer; isByLine: boolean }) {
    this.#file = options.file;
    this.#most = options.most;
    this.#isByLine = options.isByLine;
    this.#table = new ChunkTable(options.tokenizer);
  }

  push(piece: Uint8Array): TokenLines[] {
    const rest = this.#bytes.length - this.#begin;
    const bytes = new Uint8Array(rest + piece.length);
    bytes.set(this.#bytes.subarray(this.#begin));
    bytes.set(piece, rest);
    this.#bytes = bytes;
    this.#begin = 0;
    for (;;) {
      const end = this.#paragraphEnd();
      if (end > 0) this.#take(end);
      else if (isFull(bytes, this.#begin)) this.#relieve();
      else return this.#takeBatches();
    }
  }

  end(): TokenLines[] {
    this.#take(this.#bytes.length);
    return this.#takeBatches();
  }

  #takeBatches(): TokenLines[] {
    this.#finishBatch();
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  #finishBatch(): void {
    if (this.#batch) this.#batches.push(this.#batch);
    this.#batch = undefined;
  }

  /** Where the open paragraph ends, its blank line included; 0 if that is not yet known. */
  #paragraphEnd(): number {
    const bytes = this.#bytes;
    let hasContent = false;
    for (let lineStart = this.#begin; ; ) {
      const lineEnd = bytes.indexOf(LF, lineStart);
      if (lineEnd < 0 || !isWithin(bytes, this.#begin, lineEnd)) return 0;
      const isBlank = isSpaceOnly(bytes, lineStart, lineEnd);
      lineStart = lineEnd + 1;
      if (!isBlank) hasContent = true;
      else if (this.#isByLine && !hasContent) {
        this.#blankLines++;
        this.#line++;
        this.#begin = lineStart;
      }
      if (hasContent && (isBlank || this.#isByLine)) return lineStart;
    }
  }

  /** Takes from a paragraph too long to wait for its end all sentences but the last. */
  #relieve(): void {
    const bytes = this.#bytes;
    const limit = unitsEnd(bytes, this.#begin);
    this.#read(limit);
    const last = sentenceEnds(this.#chunks, this.#isBreak).at(-2);
    if (last !== undefined) this.#take(this.#froms[last]!);
    // one endless sentence: cut it at its last white space
    else this.#take(lastSpace(bytes, this.#begin, limit));
  }

  /** Makes sentences of the text up to `to`. */
  #take(to: number): void {
    const lineAfter = this.#read(to);
    let first = 0;
    for (const end of sentenceEnds(this.#chunks, this.#isBreak)) {
      let size = 0;
      for (let c = first; c < end; c++) size += this.#cut(c, end).length / 2;
      if (this.#batch && this.#batch.tokens + size > this.#most) this.#finishBatch();
      if (size > 0) this.#write(first, end, size);
      first = end;
    }
    this.#line = lineAfter;
    this.#begin = to;
  }

  /** Finds the chunks from the beginning of the paragraph up to `end`; returns the line there. */
  #read(end: number): number {
    const bytes = this.#bytes;
    for (const list of [this.#entries, this.#chunks, this.#froms, this.#lines, this.#isBreak])
      list.length = 0;
    let line = this.#line;
    for (let i = this.#begin; i < end; ) {
      const space = spaceAt(bytes, i);
      if (space > 0) {
        if (bytes[i] === LF) line++;
        i += space;
        continue;
      }
      const from = i;
      let hash = FNV_OFFSET;
      for (; i < end; i++) {
        const byte = bytes[i]!;
        if (byte <= 32 || byte >= 0x80) {
          if (byte === 0) throw binary(this.#file, line);
          if (spaceAt(bytes, i) > 0) break;
        }
        hash = Math.imul(hash ^ byte, FNV_PRIME);
      }
      const entry = this.#find(from, i, hash, line);
      if (entry.breaks.length === 0) {
        this.#pushChunk(entry, from, line, false);
        continue;
      }
      let start = from;
      for (const length of [...entry.breaks, i - from]) {
        const to = from + length;
        const part = this.#find(start, to, hashBytes(bytes, start, to), line);
        this.#pushChunk(part, start, line, to < i);
        start = to;
      }
    }
    return line;
  }

  #pushChunk(entry: Entry, from: number, line: number, isBreak: boolean): void {
    this.#entries.push(entry);
    this.#chunks.push(entry.chunk);
    this.#froms.push(from);
    this.#lines.push(line);
    this.#isBreak.push(isBreak);
  }

  #find(from: number, to: number, hash: number, line: number): Entry {
    try {
      return this.#table.find(this.#bytes, from, to, hash);
    } catch (error) {
      if (error instanceof TypeError) throw invalidUtf8(this.#file, line);
      throw error;
    }
  }

  /** How chunk `c` of a sentence that ends before chunk `end` is cut. */
  #cut(c: number, end: number): Int32Array {
    const entry = this.#entries[c]!;
    if (c + 1 === end) return cutOf(entry, 2);
    const byte = this.#bytes[this.#froms[c + 1]!]!;
    return cutOf(entry, byte >= 48 && byte <= 57 ? 1 : 0);
  }

  /** Adds the sentence of chunks `first` to `end - 1`, of `size` tokens, to the batch. */
  #write(first: number, end: number, size: number): void {
    this.#batch ??= emptyBatch({ bytes: this.#bytes, file: this.#file, most: this.#most });
    const batch = withRoom(this.#batch, size);
    const { from, to, hashes } = batch;
    let n = batch.tokens;
    for (let c = first; c < end; c++) {
      const cut = this.#cut(c, end);
      let at = this.#froms[c]!;
      for (let t = 0; t < cut.length; t += 2) {
        from[n] = at;
        at += cut[t]!;
        to[n] = at;
        hashes[n++] = cut[t + 1]!;
      }
    }
    batch.tokens = n;
    batch.ends.push(n);
    let visible = first;
    while (this.#cut(visible, end).length === 0) visible++;
    batch.lines.push(this.#lines[visible]!);
    batch.blankLines?.push(this.#blankLines);
    this.#blankLines = 0;
  }
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

/** Where the longest paragraph that begins at `begin` ends. */
function unitsEnd(bytes: Uint8Array, begin: number): number {
  let units = 0;
  for (let i = begin; i < bytes.length; i++) {
    units += unitsAt(bytes[i]!);
    if (units > MAX_PARAGRAPH) return i;
  }
  return bytes.length;
}

// A byte has one UTF-16 unit at most, so that units are counted for long paragraphs only.
const isWithin = (bytes: Uint8Array, begin: number, at: number): boolean =>
  at - begin < MAX_PARAGRAPH || at < unitsEnd(bytes, begin);

function isFull(bytes: Uint8Array, begin: number): boolean {
  if (bytes.length - begin < MAX_PARAGRAPH) return false;
  let units = 0;
  for (let i = begin; i < bytes.length && units < MAX_PARAGRAPH; i++) units += unitsAt(bytes[i]!);
  return units >= MAX_PARAGRAPH;
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
