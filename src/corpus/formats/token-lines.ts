import { decompressed } from '../../files/compression.ts';
import { readBytes } from '../../files/read.ts';
import { FNV_OFFSET, FNV_PRIME } from '../fnv.ts';
import {
  asCell,
  binary,
  CR,
  invalidUtf8,
  isAsciiSpace,
  LF,
  MAX_LINE,
  MAX_TOKENS,
  onlyCr,
  tooLongLine,
  tooManyTokens,
} from '../lines.ts';
import type { ReadOptions } from '../sentence.ts';
import { inLines } from './decode.ts';
import { newDocument } from './sentence-builder.ts';

const BOM_BYTES = [0xef, 0xbb, 0xbf];

/**
 * Sentences of the format `horizontal` as ranges of the bytes that were read, without a string for each token.
 * Token i of sentence s, with ends[s - 1] <= i < ends[s], is bytes[from[i]] to bytes[to[i] - 1].
 */
export interface TokenLines {
  readonly file: string;
  readonly bytes: Uint8Array;
  from: Int32Array;
  to: Int32Array;
  /** FNV-1a of each token's bytes. */
  hashes: Int32Array;
  tokens: number;
  /** The token after the last of each sentence. */
  readonly ends: number[];
  /** The line of each sentence in the file, from 1. */
  readonly lines: number[];
  /** Blank lines before each sentence, and perhaps after the last, that are to be kept. Default: none. */
  readonly blankLines?: number[];
}

/** The same numbers, with room for as many more. */
export const longer = (numbers: Int32Array): Int32Array<ArrayBuffer> => {
  const twice = new Int32Array(2 * numbers.length);
  twice.set(numbers);
  return twice;
};

/**
 * Reads a file or stream of the format `horizontal` in batches, as `tokenLines` gives them. Memory is
 * bounded.
 * @throws UserError for what the user can correct
 */
export async function* readTokenLines(
  source: string | AsyncIterable<Uint8Array>,
  { file, most, onDocument }: { file: string; most: number } & Pick<ReadOptions, 'onDocument'>,
): AsyncGenerator<TokenLines> {
  onDocument?.(newDocument(file, 'horizontal'));
  const bytes = decompressed(typeof source === 'string' ? readBytes(source) : source, file);
  let line = 1;
  for await (const lines of inLines(bytes, { file, most: MAX_LINE })) {
    if (line === 1 && lines.indexOf(LF) < 0) {
      const cr = lines.indexOf(CR);
      if (cr >= 0 && cr + 1 < lines.length) throw onlyCr(file);
    }
    const hasBom = line === 1 && BOM_BYTES.every((byte, i) => lines[i] === byte);
    line = yield* tokenLines(hasBom ? lines.subarray(BOM_BYTES.length) : lines, {
      file,
      line,
      most,
    });
  }
}

/**
 * Cuts complete lines into batches of complete sentences. A batch has at most `most` tokens, or one sentence with more.
 * @param line the number of the first line, from 1
 * @returns the number of the line after the last
 * @throws UserError if a sentence has more than a million tokens
 */
export function* tokenLines(
  bytes: Uint8Array,
  { file, line, most }: { file: string; line: number; most: number },
): Generator<TokenLines, number> {
  let batch = emptyBatch({ bytes, file, most });
  let now = line;
  for (let i = 0; i < bytes.length; now++) {
    const start = i;
    // where another file begins
    while (bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf) i += 3;
    const first = batch.tokens;
    let { from, to, hashes } = batch;
    let n = first;
    for (;;) {
      while (i < bytes.length && bytes[i] !== LF && isAsciiSpace(bytes[i]!)) i++;
      if (i === bytes.length || bytes[i] === LF) break;
      if (n === from.length) {
        if (n - first > MAX_TOKENS) throw tooManyTokens(file, now);
        from = batch.from = longer(from);
        to = batch.to = longer(to);
        hashes = batch.hashes = longer(hashes);
      }
      from[n] = i;
      let hash = FNV_OFFSET;
      do hash = Math.imul(hash ^ bytes[i++]!, FNV_PRIME);
      while (i < bytes.length && !isAsciiSpace(bytes[i]!));
      to[n] = i;
      hashes[n++] = hash;
    }
    if (n - first > MAX_TOKENS) throw tooManyTokens(file, now);
    if (i - start > MAX_LINE) throw tooLongLine(file, now);
    if (n > most && first > 0) {
      // this sentence does not fit any more and begins the next batch
      yield batch;
      batch = emptyBatch({ bytes, file, most });
      i = start;
      now--;
      continue;
    }
    i++;
    if (n === first) continue;
    batch.tokens = n;
    batch.ends.push(n);
    batch.lines.push(now);
  }
  if (batch.tokens > 0) yield batch;
  return now;
}

/** A batch with room for `most` tokens. */
export function emptyBatch(options: { bytes: Uint8Array; file: string; most: number }): TokenLines {
  const { bytes, file, most } = options;
  const [from, to, hashes] = [new Int32Array(most), new Int32Array(most), new Int32Array(most)];
  return { file, bytes, from, to, hashes, tokens: 0, ends: [], lines: [] };
}

/** Tokens `start` to `end - 1` of a batch of one sentence. */
export const tokensWithin = (
  batch: TokenLines,
  { start, end }: { start: number; end: number },
): TokenLines => ({
  ...batch,
  from: batch.from.subarray(start, end),
  to: batch.to.subarray(start, end),
  hashes: batch.hashes.subarray(start, end),
  tokens: end - start,
  ends: [end - start],
});

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A token as a string.
 * @throws UserError if it is not UTF-8 or has a NUL byte
 */
export function tokenText(batch: TokenLines, token: number): string {
  const bytes = batch.bytes.subarray(batch.from[token], batch.to[token]);
  const line = (): number => batch.lines[batch.ends.findIndex((end) => token < end)]!;
  if (bytes.includes(0)) throw binary(batch.file, line());
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalidUtf8(batch.file, line());
  }
}

/**
 * Writes sentences as columns, with lines `token TAB tag` (a tag for each tag column) and a blank line after each sentence.
 * The blank lines that are to be kept come in addition.
 */
export function tokenLineWriter(): (
  batch: TokenLines,
  columns: readonly (readonly (readonly string[])[])[],
) => Uint8Array {
  const encoder = new TextEncoder();
  const cells = new Map<string, Uint8Array>();
  const cell = (tag: string): Uint8Array => {
    const known = cells.get(tag);
    if (known !== undefined) return known;
    const bytes = encoder.encode(`\t${asCell(tag)}`);
    cells.set(tag, bytes);
    return bytes;
  };
  return (batch, columns) => {
    const { bytes, from, to, ends, blankLines = [] } = batch;
    let longest = 0;
    for (const column of columns) {
      let most = 0;
      for (const tags of column) for (const tag of tags) most = Math.max(most, cell(tag).length);
      longest += most;
    }
    let size = ends.length + blankLines.reduce((sum, count) => sum + count, 0);
    for (let i = 0; i < batch.tokens; i++) size += to[i]! - from[i]! + longest + 1;
    const out = Buffer.allocUnsafe(size);
    let at = 0;
    let token = 0;
    const writeBlank = (count = 0): void => {
      for (let i = 0; i < count; i++) out[at++] = LF;
    };
    for (let s = 0; s < ends.length; s++) {
      writeBlank(blankLines[s]);
      for (let i = 0; token < ends[s]!; i++, token++) {
        for (let b = from[token]!; b < to[token]!; b++) out[at++] = bytes[b]!;
        for (const column of columns) {
          const tag = cell(column[s]![i]!);
          for (let b = 0; b < tag.length; b++) out[at++] = tag[b]!;
        }
        out[at++] = LF;
      }
      out[at++] = LF;
    }
    writeBlank(blankLines[ends.length]);
    return out.subarray(0, at);
  };
}
