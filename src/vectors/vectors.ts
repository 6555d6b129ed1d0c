import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { CR, LF, problem, quantity, SPACE, TAB } from '../corpus/lines.ts';
import { UserError } from '../errors.ts';
import { readBytes } from '../files/read.ts';

/*
 * Pretrained word vectors, a row a word:
 *
 * - text: word, space, `dim` decimal numbers, line feed. GloVe has no header; word2vec and fastText
 *   (`.vec`) begin with a line `rows dim`. A word may have spaces: the last `dim` fields are the
 *   vector (glove.840B has `. . .`). Only ASCII spaces and tabs separate; U+00A0 is part of a word.
 * - binary (word2vec): the line `rows dim`, then word, space, `dim` little-endian float32, and
 *   mostly, but not in GoogleNews, a line feed.
 *
 * Both may be compressed by gzip or zstd. All is found by looking at the bytes. Without a header the
 * first line is a row, unless it is two whole numbers.
 *
 * Values are read only in rows that are used, so a `nan` beside another word harms nobody; their
 * number is checked in every row. A text with fewer or more rows than its header says is accepted,
 * since `head -n 100000 wiki.vec` is how people make a smaller one; in a binary file it is an error.
 */

/** Longer lines, in bytes, are no word vectors. */
const MAX_ROW = 4 * 1024 * 1024;
/** Longer words, in bytes, mean that a binary file is out of step. */
const MAX_WORD = 64 * 1024;
/** More dimensions than this are no word vectors. */
const MAX_DIM = 65_536;
/** Values for which a table has room before it grows: 256 MiB. */
const FIRST_VALUES = 2 ** 26;
/** 2^128 - 2^103: from here on a number rounds to infinity in float32. */
const FLOAT32_OVERFLOW = 2 ** 128 - 2 ** 103;
/** Names of the vector that a file has for all other words. */
const UNKNOWN = new Set(['<unk>', '<UNK>', '[UNK]', 'UNK', '*UNKNOWN*']);

/** How many wanted words have a vector. */
export interface Coverage {
  /** Distinct words asked for, `''` aside. */
  readonly wanted: number;
  /** Found in exactly this form. */
  readonly exact: number;
  /** Found in another form only. */
  readonly folded: number;
  readonly missing: number;
  /** Share of the tokens whose word was found, 0 to 1; if `wanted` has counts. */
  readonly byTokens?: number;
}

/** The vectors chosen from a file. */
export interface VectorTable {
  readonly dim: number;
  /** Distinct: wanted words that were found, in the order of `wanted`, then those kept, in the order of the file. */
  readonly words: readonly string[];
  /** (words, dim), row-major. */
  readonly values: Float32Array;
  /** The vector (dim) of the first row named `<unk>`, `UNK` or the like, if there is one; such a row is never kept as a word. */
  readonly unknown: Float32Array | undefined;
  readonly coverage: Coverage;
  /** Rows in the file. */
  readonly rows: number;
  /** Of all `values`; 0 if there are none. */
  readonly mean: number;
  /** Standard deviation of all `values`; 0 if there are none. */
  readonly deviation: number;
}

export interface VectorOptions {
  /** Words as the model sees them; a map also says how often each occurs, for `byTokens`. `''` is passed over. */
  readonly wanted: Iterable<string> | ReadonlyMap<string, number>;
  /** So many other words of the file, the first ones, are kept too: by default none. */
  readonly keep?: number;
  /** The dimension that the file must have. */
  readonly dim?: number;
  /** What the model makes of a word, e.g. `normalise`; by default nothing. */
  readonly fold?: (word: string) => string;
  /** Stands in messages for a stream. */
  readonly file?: string;
}

/**
 * Reads the vectors of wanted words, and the first `keep` others, from a file or a stream of bytes of
 * any size; memory holds the rows chosen and some MiB.
 *
 * A wanted word gets the vector of the best form that the file has, wherever in the file it is:
 * the word itself, in lower case, with a capital, in upper case; then a word of the file that folds
 * to one of these, in the same order. Of equal forms the first in the file counts.
 *
 * Another word is kept in its folded form. Of those that fold together the one that is its own fold
 * gives the vector, else the first.
 *
 * Throws `UserError` with file and line (or row) if a row has a wrong number of values, a value that
 * is used is no finite number, the file ends early, has no vectors or is of another kind, or its
 * dimension is not `dim`.
 */
export async function readVectors(
  source: string | AsyncIterable<Uint8Array>,
  options: VectorOptions,
): Promise<VectorTable> {
  const file = options.file ?? (typeof source === 'string' ? source : '<stdin>');
  let rest: Buffer = Buffer.alloc(0);
  let reader: RowReader | undefined;
  let selection: Selection | undefined;
  const begin = (atEnd: boolean): void => {
    const layout = sniff(rest, file, atEnd);
    if (layout === undefined) return;
    checkDim(layout, options.dim, file);
    selection = new Selection(layout, options);
    reader = new (layout.binary ? BinaryRows : TextRows)(layout, selection, file);
    rest = rest.subarray(layout.start);
  };
  const take = (atEnd: boolean): void => {
    if (reader === undefined) begin(atEnd);
    if (reader !== undefined) rest = rest.subarray(reader.take(rest));
  };
  for await (const piece of unpacked(
    typeof source === 'string' ? readBytes(source) : source,
    file,
  )) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    take(false);
  }
  take(true);
  reader!.end(rest);
  if (reader!.rows === 0) throw empty(file);
  return selection!.table(reader!.rows);
}

// ---------------------------------------------------------------------------------------------
// What kind of file it is

/** Files that are often taken for vectors: their first bytes, and what to do. */
const OTHERS: readonly [magic: number[], what: string, remedy: string][] = [
  [[0x50, 0x4b, 3, 4], 'a zip archive', 'Unpack it with unzip.'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed by xz', 'Unpack it with xz -d.'],
  [[0x42, 0x5a, 0x68], 'compressed by bzip2', 'Unpack it with bzip2 -d.'],
  [[0xba, 0x16, 0x4f, 0x2f], "fastText's own model", 'Take its .vec file.'],
  [[0xff, 0xfe], 'UTF-16, expected UTF-8', 'Convert it with iconv -f UTF-16 -t UTF-8.'],
];
const GZIP = [0x1f, 0x8b, 8];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
const MAGIC = 5;

/** The bytes without their compression, if the first say that they have one. */
async function* unpacked(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  const pieces = bytes[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = new Uint8Array();
    let done = false;
    while (head.length < MAGIC && !done) {
      const piece = await pieces.next();
      if (piece.done) done = true;
      else head = Buffer.concat([head, piece.value]);
    }
    const startsWith = (magic: readonly number[]): boolean =>
      magic.every((byte, i) => head[i] === byte);
    const other = OTHERS.find(([magic]) => startsWith(magic));
    if (other) throw new UserError(`${file}: ${other[1]}. ${other[2]}`);
    const all = (async function* () {
      yield head;
      if (!done) yield* { [Symbol.asyncIterator]: () => pieces };
    })();
    if (startsWith(GZIP))
      yield* decompressed(all, zlib.createGunzip({ chunkSize: 256 * 1024 }), file);
    else if (startsWith(ZSTD)) yield* decompressed(all, createUnzstd(file), file);
    else yield* all;
  } finally {
    // closes the file, also where nothing after the head was asked for
    await pieces.return?.();
  }
}

async function* decompressed(
  bytes: AsyncIterable<Uint8Array>,
  decompressor: Duplex,
  file: string,
): AsyncGenerator<Uint8Array> {
  const ended = pipeline(Readable.from(bytes), decompressor).catch(() => undefined);
  try {
    yield* decompressor;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^Z(STD)?_/.test(code)) throw error;
    throw new UserError(
      `${file}: the compressed data is damaged or ends early (${code}). Download it again.`,
    );
  } finally {
    decompressor.destroy();
    await ended;
  }
}

/** Node has zstd since 22.15. */
function createUnzstd(file: string): Duplex {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Duplex };
  if (createZstdDecompress !== undefined) return createZstdDecompress();
  throw new UserError(
    `${file}: compressed by zstd, which Node reads from 22.15 on. Unpack it with zstd -d.`,
  );
}

/** How the rows are written. */
interface Layout {
  readonly binary: boolean;
  readonly dim: number;
  /** As the header says. */
  readonly rows: number | undefined;
  /** Where the first row begins, in bytes. */
  readonly start: number;
}

/** Numbers, and what stands for one where it could not be computed. */
const NUMERIC = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf|infinity)$/i;

/** The layout of a file that begins with `head`, or `undefined` if more of it is needed. */
function sniff(head: Buffer, file: string, atEnd: boolean): Layout | undefined {
  const enough = atEnd || head.length > MAX_ROW;
  const bom = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  let end = head.indexOf(LF);
  if (end < 0) {
    if (!enough) return undefined;
    if (head.length === bom) throw empty(file);
    if (!atEnd) throw noVectors(file);
    end = head.length;
  }
  if (!isUtf8(head.subarray(0, end))) throw noVectors(file);
  const fields = fieldsOf(head.toString('utf8', bom, end));
  if (fields.length !== 2 || !fields.every((field) => /^\d{1,15}$/.test(field))) {
    const word = fields.findLastIndex((field) => !isNumeric(field));
    const dim = fields.length - Math.max(1, word + 1);
    if (dim <= 0) throw noVectors(file);
    return { binary: false, dim, rows: undefined, start: bom };
  }
  const [rows, dim] = fields.map(Number) as [number, number];
  const start = Math.min(end + 1, head.length);
  if (dim === 0 || dim > MAX_DIM) {
    throw problem(
      file,
      1,
      `a header of ${dim} dimensions, expected 1 to ${MAX_DIM}. Is this "rows dimensions"?`,
    );
  }
  if (rows === 0 || (atEnd && start === head.length)) throw empty(file);
  const binary = isBinary(head.subarray(start), dim, enough);
  return binary === undefined ? undefined : { binary, dim, rows, start };
}

/**
 * Whether the first row, after a header, has its values as float32; `undefined` if more of it is
 * needed. A line that ends with `dim` numbers is text. So is, to be told what is wrong with it, what
 * is UTF-8 without control characters where 8 or more float32 would be.
 */
function isBinary(head: Buffer, dim: number, enough: boolean): boolean | undefined {
  const end = head.indexOf(LF);
  if (end < 0 && !enough) return undefined;
  const to = end < 0 ? head.length : end;
  const last = lastFields(head, 0, to, dim);
  const afterWord = last > 0 && isSeparator(head[last - 1]!);
  if (afterWord && fieldsOf(head.toString('latin1', last, to)).every(isNumeric)) return false;
  const from = head.indexOf(SPACE) + 1;
  if (from === 0) return false;
  if (head.length < from + 4 * dim && !enough) return undefined;
  const floats = head.subarray(from, from + 4 * dim);
  // a character may be cut at the end
  const utf8 = [0, 1, 2, 3].some((bytes) => isUtf8(floats.subarray(0, floats.length - bytes)));
  return (
    dim < 8 ||
    !utf8 ||
    floats.some((byte) => byte < SPACE && byte !== TAB && byte !== LF && byte !== CR)
  );
}

function isNumeric(field: string): boolean {
  return NUMERIC.test(field);
}

function fieldsOf(line: string): string[] {
  return line.split(/[ \t\r]+/).filter((field) => field !== '');
}

function empty(file: string): UserError {
  return new UserError(`${file}: empty, no vectors in it. Is the download complete?`);
}

function noVectors(file: string): UserError {
  return problem(
    file,
    1,
    'not a word and its numbers, nor a header. Give word vectors as GloVe, word2vec or fastText (.vec) write them.',
  );
}

function checkDim({ dim, rows }: Layout, expected: number | undefined, file: string): void {
  if (dim > MAX_DIM) throw noVectors(file);
  if (expected === undefined || dim === expected) return;
  throw problem(
    file,
    1,
    `vectors of ${quantity(dim, 'dimension')}${rows === undefined ? '' : ' by the header'}, expected ${expected}. Take other vectors or the other dimension.`,
  );
}

// ---------------------------------------------------------------------------------------------
// Rows

/** Takes rows from bytes, cut anywhere. */
interface RowReader {
  /** Rows so far. */
  readonly rows: number;
  /** Takes the whole rows at the front of `bytes`; how many bytes they have. */
  take(bytes: Buffer): number;
  /** Takes what is left when no more bytes come. */
  end(rest: Buffer): void;
}

/** The word in these bytes, or '' if they are not UTF-8, as no token will be. */
function wordIn(bytes: Buffer, from: number, to: number): string {
  const word = bytes.toString('utf8', from, to);
  return word.includes('\ufffd') && !isUtf8(bytes.subarray(from, to)) ? '' : word;
}

/** A word that ends so, before the last `dim` fields, is rather a word and too many values: `the 0.1`. */
const ENDS_IN_VALUE = /[ \t][-+]?(?:\d*\.\d+(?:e[-+]?\d+)?|\d+\.?e[-+]?\d+)$/i;

class TextRows implements RowReader {
  rows = 0;
  readonly #selection: Selection;
  readonly #dim: number;
  readonly #file: string;
  readonly #header: boolean;
  #line: number;

  constructor({ dim, rows }: Layout, selection: Selection, file: string) {
    this.#selection = selection;
    this.#dim = dim;
    this.#file = file;
    this.#header = rows !== undefined;
    this.#line = this.#header ? 1 : 0;
  }

  take(bytes: Buffer): number {
    let from = 0;
    for (let to = bytes.indexOf(LF); to >= 0; to = bytes.indexOf(LF, from)) {
      this.#line++;
      this.#row(bytes, from, to);
      from = to + 1;
    }
    if (bytes.length - from <= MAX_ROW) return from;
    throw problem(this.#file, this.#line + 1, 'a line longer than 4 MiB. Are these word vectors?');
  }

  end(rest: Buffer): void {
    if (rest.length > 0) this.take(Buffer.concat([rest, Buffer.of(LF)]));
  }

  /** One line; `bytes[to]` is its line feed. */
  #row(bytes: Buffer, from: number, to: number): void {
    const values = lastFields(bytes, from, to, this.#dim);
    if (values < 0) {
      if (isBlankLine(bytes, from, to)) return;
      throw this.#wrongCount(bytes, from, to);
    }
    if (values === from) throw this.#wrongCount(bytes, from, to);
    let wordEnd = values;
    let inner = false;
    while (wordEnd > from && isSeparator(bytes[wordEnd - 1]!)) wordEnd--;
    for (let i = from; i < wordEnd && !inner; i++) inner = isSeparator(bytes[i]!);
    const word = wordIn(bytes, from, wordEnd);
    if (inner && ENDS_IN_VALUE.test(word)) throw this.#wrongCount(bytes, from, to);
    this.rows++;
    if (!this.#selection.choose(word)) return;
    const { row } = this.#selection;
    const bad = parseNumbers(bytes, values, row);
    if (bad >= 0) throw this.#notNumber(bytes, { values, to, bad, word });
    this.#selection.put();
  }

  #wrongCount(bytes: Buffer, from: number, to: number): UserError {
    const fields = fieldsOf(bytes.toString('utf8', from, to));
    const word = Math.max(
      0,
      fields.findLastIndex((field) => !isNumeric(field)),
    );
    const values = fields.length - word - 1;
    const where = this.#header ? 'the header says' : 'in line 1';
    return problem(
      this.#file,
      this.#line,
      `${quantity(values, 'value')} after ${quoted(fields[word]!)}, expected ${this.#dim} as ${where}. Is the file complete, and nothing but word vectors?`,
    );
  }

  #notNumber(
    bytes: Buffer,
    { values, to, bad, word }: { values: number; to: number; bad: number; word: string },
  ): UserError {
    const field = fieldsOf(bytes.toString('utf8', values, to))[bad]!;
    return problem(
      this.#file,
      this.#line,
      `value ${bad + 1} of ${quoted(word)} is ${quoted(field)}, expected a finite number. Mend or remove the line.`,
    );
  }
}

class BinaryRows implements RowReader {
  rows = 0;
  readonly #selection: Selection;
  readonly #dim: number;
  readonly #file: string;
  readonly #expected: number;

  constructor({ dim, rows }: Layout, selection: Selection, file: string) {
    this.#selection = selection;
    this.#dim = dim;
    this.#file = file;
    this.#expected = rows!;
  }

  take(bytes: Buffer): number {
    let from = 0;
    for (;;) {
      while (bytes[from] === LF) from++;
      if (from === bytes.length) return from;
      if (this.rows === this.#expected) {
        throw this.#problem(
          this.rows,
          'the last by the header, but more bytes follow. Are the numbers of the header right?',
        );
      }
      const space = bytes.indexOf(SPACE, from);
      if ((space < 0 ? bytes.length : space) - from > MAX_WORD) {
        throw this.#problem(this.rows + 1, 'a word longer than 64 KiB. Is the file damaged?');
      }
      const end = space + 1 + 4 * this.#dim;
      if (space < 0 || end > bytes.length) return from;
      this.rows++;
      const word = wordIn(bytes, from, space);
      if (this.#selection.choose(word)) {
        this.#values(bytes, space + 1, word);
        this.#selection.put();
      }
      from = end;
    }
  }

  end(rest: Buffer): void {
    if (rest.length === 0 && this.rows === this.#expected) return;
    throw this.#problem(this.rows + 1, 'the file ends too early. Download it again.');
  }

  #values(bytes: Buffer, from: number, word: string): void {
    const { row } = this.#selection;
    const view = new DataView(bytes.buffer, bytes.byteOffset + from, 4 * row.length);
    for (let d = 0; d < row.length; d++) {
      const value = view.getFloat32(4 * d, true);
      if (!Number.isFinite(value)) {
        throw this.#problem(
          this.rows,
          `value ${d + 1} of ${quoted(word)} is ${value}, expected a finite number. Is the file damaged?`,
        );
      }
      row[d] = value;
    }
  }

  #problem(row: number, message: string): UserError {
    return new UserError(`${this.#file}: row ${row} of ${this.#expected}: ${message}`);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function isSeparator(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

function isBlankLine(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! > SPACE) return false;
  return true;
}

/** Where the last `n` fields of a line begin, or -1 if it has fewer. */
function lastFields(bytes: Uint8Array, from: number, to: number, n: number): number {
  let at = to;
  for (let left = n; left > 0; left--) {
    while (at > from && bytes[at - 1]! <= SPACE) at--;
    if (at === from) return -1;
    while (at > from && bytes[at - 1]! > SPACE) at--;
  }
  return at;
}

/**
 * Reads `out.length` decimal numbers, e.g. `-0.25`, `1e-05`, from a line that has so many fields and
 * ends with a line feed. Says which of them, from 0, is not a finite float32, or -1. The first 15
 * digits count; a result is the nearest float32 or, where it is nearly a tie, the next.
 */
function parseNumbers(bytes: Uint8Array, from: number, out: Float32Array): number {
  let at = from;
  for (let d = 0; d < out.length; d++) {
    while (bytes[at]! <= SPACE) at++;
    const negative = bytes[at] === 45;
    if (negative || bytes[at] === 43) at++;
    const first = at;
    let mantissa = 0;
    let scale = 0;
    let point = 0;
    for (;;) {
      const digit = bytes[at]! - 48;
      if (digit >= 0 && digit <= 9) {
        if (mantissa < 9e14) {
          mantissa = 10 * mantissa + digit;
          scale -= point;
        } else {
          scale += 1 - point;
        }
      } else if (digit === -2 && point === 0) {
        point = 1;
      } else {
        break;
      }
      at++;
    }
    if (at - first === point) return d;
    if ((bytes[at]! | 32) === 101) {
      at++;
      const down = bytes[at] === 45;
      if (down || bytes[at] === 43) at++;
      const firstOfExponent = at;
      let exponent = 0;
      for (let digit = bytes[at]! - 48; digit >= 0 && digit <= 9; digit = bytes[at]! - 48) {
        exponent = 10 * exponent + digit;
        at++;
      }
      if (at === firstOfExponent) return d;
      scale += down ? -exponent : exponent;
    }
    if (bytes[at]! > SPACE) return d;
    const value = scaled(mantissa, scale);
    if (!(value < FLOAT32_OVERFLOW)) return d;
    out[d] = negative ? -value : value;
  }
  return -1;
}

const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** mantissa * 10^scale; powers up to 10^22 are exact (Clinger 1990), so that one operation rounds. */
function scaled(mantissa: number, scale: number): number {
  if (scale <= 0 && scale >= -22) return mantissa / POWERS[-scale]!;
  if (mantissa === 0) return 0;
  return mantissa * 10 ** scale;
}

// ---------------------------------------------------------------------------------------------
// Which rows are used

/** How many forms `formsOf` gives. A word of the file that only folds to one ranks so much lower. */
const FORMS = 4;
const NOT_FOUND = 2 * FORMS;

/** The forms in which a wanted word may be found, best first. */
function formsOf(word: string): string[] {
  const [first = ''] = word;
  const lower = word.toLowerCase();
  const title = first.toUpperCase() + word.slice(first.length).toLowerCase();
  return [word, lower, title, word.toUpperCase()];
}

/** Owns the rows chosen so far. */
class Selection {
  /** Where the reader leaves the values of a row before `put`. */
  readonly row: Float32Array;
  readonly #wanted: string[] = [];
  readonly #counts: ReadonlyMap<string, number> | undefined;
  /** form -> wanted words that it may stand for, each as place * FORMS + rank. */
  readonly #forms = new Map<string, number[]>();
  /** For each wanted word the rank of its row; below FORMS in this form, above folded to it. */
  readonly #ranks: Uint8Array;
  /** First a row for each wanted word, then those kept. */
  readonly #rows: Rows;
  readonly #keep: number;
  readonly #fold: (word: string) => string;
  /** Folded word -> its row. */
  readonly #kept = new Map<string, number>();
  /** Kept words whose row is of a form that folding changes, so that it may yet be replaced. */
  readonly #inexact = new Set<string>();
  #unknown: Float32Array | undefined;
  /** The rows that `put` sets, and whether it is the unknown word's. */
  readonly #targets: number[] = [];
  #isUnknown = false;

  constructor(
    { dim, rows = Number.POSITIVE_INFINITY }: Layout,
    { wanted, keep = 0, fold = (word) => word }: VectorOptions,
  ) {
    this.row = new Float32Array(dim);
    this.#keep = keep;
    this.#fold = fold;
    this.#counts = wanted instanceof Map ? wanted : undefined;
    const words = this.#counts?.keys() ?? (wanted as Iterable<string>);
    for (const word of new Set(words)) if (word !== '') this.#wanted.push(word);
    this.#wanted.forEach((word, place) => {
      const forms = formsOf(word);
      forms.forEach((form, rank) => {
        if (forms.indexOf(form) !== rank) return;
        const its = this.#forms.get(form);
        if (its === undefined) this.#forms.set(form, [place * FORMS + rank]);
        else its.push(place * FORMS + rank);
      });
    });
    this.#ranks = new Uint8Array(this.#wanted.length).fill(NOT_FOUND);
    this.#rows = new Rows(dim, this.#wanted.length + Math.min(keep, rows));
  }

  /** Whether the row of a word is of use, to be `put` next. */
  choose(word: string): boolean {
    this.#targets.length = 0;
    this.#isUnknown = false;
    if (word === '') return false;
    this.#serve(word, 0);
    const folded = this.#fold(word);
    if (folded !== word) this.#serve(folded, FORMS);
    if (UNKNOWN.has(word)) this.#isUnknown = this.#unknown === undefined;
    else if (this.#keep > 0) this.#keepAs(folded, word);
    return this.#targets.length > 0 || this.#isUnknown;
  }

  put(): void {
    for (const place of this.#targets) this.#rows.set(place, this.row);
    if (this.#isUnknown) this.#unknown = this.row.slice();
  }

  /** Makes targets of the wanted words for which `form` is better than what they have. */
  #serve(form: string, penalty: number): void {
    const its = this.#forms.get(form);
    if (its === undefined) return;
    for (const candidate of its) {
      const place = Math.floor(candidate / FORMS);
      const rank = (candidate % FORMS) + penalty;
      if (rank >= this.#ranks[place]!) continue;
      this.#ranks[place] = rank;
      if (!this.#targets.includes(place)) this.#targets.push(place);
    }
  }

  /** Makes a target of the row for a word that is kept and has none so good. */
  #keepAs(folded: string, word: string): void {
    let row = this.#kept.get(folded);
    if (row !== undefined) {
      if (folded === word && this.#inexact.delete(folded)) this.#targets.push(row);
      return;
    }
    if (this.#kept.size >= this.#keep || folded === '' || this.#isWanted(folded)) return;
    if (folded !== word) this.#inexact.add(folded);
    row = this.#wanted.length + this.#kept.size;
    this.#kept.set(folded, row);
    this.#targets.push(row);
  }

  #isWanted(word: string): boolean {
    return this.#forms.get(word)?.some((candidate) => candidate % FORMS === 0) ?? false;
  }

  /** The table; nothing may be chosen after it. */
  table(rows: number): VectorTable {
    const dim = this.row.length;
    const found = this.#wanted.flatMap((_, place) =>
      this.#ranks[place] === NOT_FOUND ? [] : [place],
    );
    const words = found.map((place) => this.#wanted[place]!);
    for (const word of this.#kept.keys()) words.push(word);
    found.forEach((place, i) => {
      this.#rows.move(i, place);
    });
    this.#rows.move(found.length, this.#wanted.length, this.#kept.size);
    const values = this.#rows.first(words.length);
    const unknown = this.#unknown;
    return { dim, words, values, unknown, coverage: this.#coverage(), rows, ...momentsOf(values) };
  }

  #coverage(): Coverage {
    const wanted = this.#wanted.length;
    const exact = this.#ranks.reduce((n, rank) => n + Number(rank === 0), 0);
    const missing = this.#ranks.reduce((n, rank) => n + Number(rank === NOT_FOUND), 0);
    const coverage = { wanted, exact, folded: wanted - exact - missing, missing };
    if (this.#counts === undefined) return coverage;
    let covered = 0;
    let tokens = 0;
    this.#wanted.forEach((word, place) => {
      const n = this.#counts!.get(word)!;
      tokens += n;
      if (this.#ranks[place] !== NOT_FOUND) covered += n;
    });
    return { ...coverage, byTokens: tokens === 0 ? 0 : covered / tokens };
  }
}

/**
 * Rows that are set in any order. Allocated for all that may come, as far as that is known and
 * sensible: the system gives memory to what is written only, and there are never two tables.
 */
class Rows {
  readonly #dim: number;
  #values: Float32Array;

  /** `rows` is how many are expected at most. */
  constructor(dim: number, rows: number) {
    this.#dim = dim;
    this.#values = new Float32Array(Math.min(rows * dim, FIRST_VALUES));
  }

  set(place: number, row: Float32Array): void {
    const from = place * this.#dim;
    const to = from + this.#dim;
    if (to > this.#values.length) {
      const grown = new Float32Array(Math.max(to, Math.ceil(1.5 * this.#values.length)));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values.set(row, from);
  }

  /** Moves rows down over others. */
  move(to: number, from: number, n = 1): void {
    this.#values.copyWithin(to * this.#dim, from * this.#dim, (from + n) * this.#dim);
  }

  first(n: number): Float32Array {
    return this.#values.subarray(0, n * this.#dim);
  }
}

function momentsOf(values: Float32Array): { mean: number; deviation: number } {
  if (values.length === 0) return { mean: 0, deviation: 0 };
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    squares += values[i]! ** 2;
  }
  const mean = sum / values.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / values.length - mean ** 2)) };
}

// ---------------------------------------------------------------------------------------------
// Writing

export interface VectorFormat {
  /** By default `text`. */
  readonly format?: 'text' | 'binary';
}

/**
 * Writes word2vec's text or binary format, gzip-ed if the name ends in `.gz`. `values` is (words,
 * dim), row-major and finite; text has 5 significant digits, which tell any two float16 apart. The
 * file appears whole or not at all. Throws `UserError` if it cannot be written, or if a word cannot
 * be in such a file: see `encodeVectors`.
 */
export async function writeVectors(
  path: string,
  words: readonly string[],
  values: Float32Array,
  dim: number,
  { format = 'text' }: VectorFormat = {},
): Promise<void> {
  try {
    const present = await stat(path).catch(() => undefined);
    // renaming over a device or a pipe would remove it
    if (present?.isFile() === false) {
      throw new UserError(`${path}: not a regular file. Give the name of a file to write.`);
    }
    const target = present ? await realpath(path) : path;
    const temporary = join(dirname(target), `.seqtag-${randomUUID()}.tmp`);
    const handle = await open(temporary, 'wx', present?.mode);
    try {
      const bytes = Readable.from(encodeVectors(words, values, dim, { format }));
      const file = handle.createWriteStream({ flush: true });
      if (path.endsWith('.gz')) await pipeline(bytes, zlib.createGzip(), file);
      else await pipeline(bytes, file);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw cannotWrite(error, path);
  }
}

/**
 * The bytes that `writeVectors` writes. Throws `UserError` for a word that the format has no place
 * for: empty, with a line feed, with a space or tab at its ends; in text, which would be read as a
 * row that is too long, with a space and a fraction at its end; in binary, with any space.
 */
export function* encodeVectors(
  words: readonly string[],
  values: Float32Array,
  dim: number,
  { format = 'text' }: VectorFormat = {},
): Generator<Uint8Array> {
  if (values.length !== words.length * dim) {
    throw new Error(`${values.length} values for ${words.length} words of ${dim} dimensions`);
  }
  yield Buffer.from(`${words.length} ${dim}\n`);
  const impossible = (word: string): boolean =>
    format === 'text' ? NO_TEXT.test(word) || ENDS_IN_VALUE.test(word) : NO_BINARY.test(word);
  let text = '';
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (impossible(word)) {
      throw new UserError(
        `the word ${quoted(word)} cannot be in a ${format} file of vectors. Leave it out${format === 'binary' ? ', or write text' : ''}.`,
      );
    }
    const row = values.subarray(i * dim, (i + 1) * dim);
    if (!row.every(Number.isFinite)) throw new Error(`a value of ${quoted(word)} is not finite`);
    if (format === 'binary') {
      yield binaryRow(word, row);
      continue;
    }
    text += word;
    for (let d = 0; d < dim; d++) text += ` ${Number(row[d]!.toPrecision(5))}`;
    text += '\n';
    if (text.length < 64 * 1024) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

const NO_TEXT = /^$|\n|^[ \t]|[ \t]$|\p{Surrogate}/u;
const NO_BINARY = /^$|[ \n]|\p{Surrogate}/u;

function binaryRow(word: string, row: Float32Array): Uint8Array {
  const head = Buffer.from(`${word} `);
  const bytes = Buffer.alloc(head.length + 4 * row.length + 1, head);
  row.forEach((value, d) => {
    bytes.writeFloatLE(value, head.length + 4 * d);
  });
  bytes[bytes.length - 1] = LF;
  return bytes;
}

function cannotWrite(error: unknown, path: string): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UserError(`${path}: there is no directory ${dirname(path)}. Create it first.`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UserError(`${path}: no permission to write here. Give another path.`);
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError(`${path}: the disk is full. Free some space.`);
    default:
      return new UserError(`${path}: cannot be written (${String(error.code)}). Check the disk.`);
  }
}
