import { decompressed } from '../../files/compression.ts';
import { readBytes } from '../../files/read.ts';
import { FNV_OFFSET, FNV_PRIME, fnv } from '../fnv.ts';
import { inLines } from '../formats/decode.ts';
import { newDocument } from '../formats/sentence-builder.ts';
import { emptyBatch, longer, type TokenLines } from '../formats/token-lines.ts';
import { binary, invalidUtf8, LF } from '../lines.ts';
import type { ReadOptions } from '../sentence.ts';
import { isSpaceOnly, lastSpace, spaceAt } from './byte-spaces.ts';
import { type ChunkTable, createChunkTable } from './chunk-table.ts';
import { sentenceEnds } from './sentences.ts';
import { MAX_PARAGRAPH } from './text.ts';
import { follows, type Tokenizer, tokenizerOf } from './tokenizer.ts';
import { Trait } from './traits.ts';

// Raw text as bytes. The tokens and sentences are those of `createTextParser`, but no string is made for each token: every
// different chunk is decoded and cut once, and then found in a hash table by its bytes.

/** Bytes of an unfinished line that are held back. */
const MAX_PIECE = 1024 * 1024;

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

const [WORD, NUMBER, NOTHING] = (['word', 'number', 'nothing'] as const).map((follow) =>
  follows.indexOf(follow),
) as [number, number, number];

class TextCutter {
  readonly #file: string;
  readonly #most: number;
  readonly #isByLine: boolean;
  readonly #table: ChunkTable;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where the open paragraph begins, and in which line. */
  #begin = 0;
  #line = 1;
  /** By line: lines without tokens since the last sentence. */
  #blankLines = 0;
  /** By line: whether the open line, which is too long to be read at once, has given sentences. */
  #hasSentences = false;
  #batches: TokenLines[] = [];
  #batch: TokenLines | undefined;
  // Of each chunk of the paragraph at hand: its number, its traits, the byte at which it begins, the line in which that is,
  // and where the table has its tokens. The arrays are used again.
  #count = 0;
  #chunks = new Int32Array(256);
  #traits = new Int32Array(256);
  #froms = new Int32Array(256);
  #lines = new Int32Array(256);
  #cuts = new Int32Array(256);

  constructor(options: { file: string; most: number; tokenizer: Tokenizer; isByLine: boolean }) {
    this.#file = options.file;
    this.#most = options.most;
    this.#isByLine = options.isByLine;
    this.#table = createChunkTable(options.tokenizer);
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
      if (end > 0) this.#takeParagraph(end);
      else if (isFull(bytes, this.#begin)) this.#relieve();
      else return this.#takeBatches();
    }
  }

  end(): TokenLines[] {
    this.#takeParagraph(this.#bytes.length);
    return this.#takeBatches();
  }

  #takeBatches(): TokenLines[] {
    if (this.#blankLines > 0) {
      this.#batch ??= this.#emptyBatch(0);
      this.#batch.blankLines!.push(this.#blankLines);
      this.#blankLines = 0;
    }
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
      if (this.#isByLine || (hasContent && isBlank)) return lineStart;
    }
  }

  /** Takes from a paragraph too long to wait for its end all sentences but the last. */
  #relieve(): void {
    const bytes = this.#bytes;
    const limit = unitsEnd(bytes, this.#begin);
    this.#read(limit);
    const last = this.#sentenceEnds().at(-2);
    if (last !== undefined) this.#take(this.#froms[last]!);
    // one endless sentence: cut it at its last white space
    else this.#take(lastSpace(bytes, this.#begin, limit));
  }

  #takeParagraph(to: number): void {
    const isEmpty =
      to === this.#begin || (this.#line === 1 && isMark(this.#bytes, this.#begin, to));
    this.#take(to);
    if (this.#isByLine && !isEmpty && !this.#hasSentences) this.#blankLines++;
    this.#hasSentences = false;
  }

  /** Makes sentences of the text up to `to`. */
  #take(to: number): void {
    const lineAfter = this.#read(to);
    let first = 0;
    for (const end of this.#sentenceEnds()) {
      let size = 0;
      for (let c = first; c < end; c++) {
        this.#cuts[c] = this.#table.cut(this.#chunks[c]!, this.#follow(c, end));
        size += this.#table.cuts[this.#cuts[c]!]!;
      }
      if (this.#batch && this.#batch.tokens + size > this.#most) this.#finishBatch();
      if (size > 0) {
        this.#write(first, end, size);
        this.#hasSentences = true;
      }
      first = end;
    }
    this.#line = lineAfter;
    this.#begin = to;
  }

  /** Finds the chunks from the beginning of the paragraph up to `end`; returns the line there. */
  #read(end: number): number {
    const bytes = this.#bytes;
    this.#count = 0;
    this.#table.relieve();
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
      const chunk = this.#find(from, i, hash, line);
      const parts = this.#table.partsOf(chunk);
      if (parts === undefined) {
        this.#pushChunk(chunk, this.#table.traits[chunk]!, from, line);
        continue;
      }
      let start = from;
      for (const length of parts) {
        const to = start + length;
        const part = this.#find(start, to, fnv(bytes, start, to), line);
        const isBreak = to < i ? Trait.break : 0;
        this.#pushChunk(part, this.#table.traits[part]! | isBreak, start, line);
        start = to;
      }
    }
    return line;
  }

  #pushChunk(chunk: number, traits: number, from: number, line: number): void {
    const c = this.#count++;
    if (c === this.#chunks.length) {
      this.#chunks = longer(this.#chunks);
      this.#traits = longer(this.#traits);
      this.#froms = longer(this.#froms);
      this.#lines = longer(this.#lines);
      this.#cuts = longer(this.#cuts);
    }
    this.#chunks[c] = chunk;
    this.#traits[c] = traits;
    this.#froms[c] = from;
    this.#lines[c] = line;
  }

  #sentenceEnds(): number[] {
    return sentenceEnds(this.#traits.subarray(0, this.#count));
  }

  #find(from: number, to: number, hash: number, line: number): number {
    try {
      return this.#table.find(this.#bytes, from, to, hash);
    } catch (error) {
      if (error instanceof TypeError) throw invalidUtf8(this.#file, line);
      throw error;
    }
  }

  /** What follows chunk `c` in its sentence, which ends before chunk `end`. */
  #follow(c: number, end: number): number {
    if (c + 1 === end) return NOTHING;
    const byte = this.#bytes[this.#froms[c + 1]!]!;
    return byte >= 48 && byte <= 57 ? NUMBER : WORD;
  }

  #emptyBatch(most: number): TokenLines {
    return { ...emptyBatch({ bytes: this.#bytes, file: this.#file, most }), blankLines: [] };
  }

  /** Adds the sentence of chunks `first` to `end - 1`, of `size` tokens, to the batch. */
  #write(first: number, end: number, size: number): void {
    this.#batch ??= this.#emptyBatch(this.#most);
    const batch = withRoom(this.#batch, size);
    const { from, to, hashes } = batch;
    let n = batch.tokens;
    const { cuts } = this.#table;
    for (let c = first; c < end; c++) {
      const cut = this.#cuts[c]!;
      const tokensEnd = cut + 1 + 2 * cuts[cut]!;
      let at = this.#froms[c]!;
      for (let t = cut + 1; t < tokensEnd; t += 2) {
        from[n] = at;
        at += cuts[t]!;
        to[n] = at;
        hashes[n++] = cuts[t + 1]!;
      }
    }
    batch.tokens = n;
    batch.ends.push(n);
    let visible = first;
    while (cuts[this.#cuts[visible]!] === 0) visible++;
    batch.lines.push(this.#lines[visible]!);
    batch.blankLines?.push(this.#blankLines);
    this.#blankLines = 0;
  }
}

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

/** Whether the text is a byte order mark only. */
const isMark = (bytes: Uint8Array, from: number, to: number): boolean =>
  to - from === 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf;

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
