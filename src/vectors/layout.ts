import { isUtf8 } from 'node:buffer';
import { CR, LF, SPACE, TAB } from '../corpus/lines.ts';
import type { UserError } from '../errors.ts';
import { fieldsOf, isNumeric, isSeparator, lastFields, MAX_ROW, vectorsError } from './fields.ts';
import { jsonDim } from './json-rows.ts';

/*
 * Files of word vectors have one row for each word:
 *
 * - Text: word, space, `dim` decimal numbers, line feed. GloVe has no header; word2vec and fastText
 *   (`.vec`) begin with a line `rows dim`. A word may contain spaces (glove.840B has `. . .`), so the
 *   last `dim` fields are the vector.
 * - Binary (word2vec): the line `rows dim`, then for each row the word, a space, and `dim`
 *   little-endian float32 numbers. Mostly a line feed follows, but not in GoogleNews.
 * - JSON: an object of words and lists of numbers; see json-rows.ts.
 * - fastText's own model; see fasttext-rows.ts.
 *
 * The first bytes determine the layout. A first line of two whole numbers is a header.
 */

/** How the rows of a file are written. */
export interface VectorLayout {
  readonly kind: 'text' | 'binary' | 'json' | 'fasttext';
  readonly dim: number;
  /** Number of rows in the header; undefined without a header. */
  readonly rows: number | undefined;
  /** Offset of the first row, in bytes. */
  readonly start: number;
}

const MAX_DIM = 65_536;

/** Files that are often mistaken for vectors: their first bytes, their kind, and the remedy. */
const FOREIGN: readonly [magic: readonly number[], what: string, remedy: string][] = [
  [[0x50, 0x4b, 3, 4], 'a zip archive', 'Unpack it with unzip.'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed by xz', 'Unpack it with xz -d.'],
  [[0x42, 0x5a, 0x68], 'compressed by bzip2', 'Unpack it with bzip2 -d.'],
  [[0xff, 0xfe], 'UTF-16, expected UTF-8', 'Convert it with iconv -f UTF-16 -t UTF-8.'],
];
const FASTTEXT = Buffer.of(0xba, 0x16, 0x4f, 0x2f);
const MAX_MAGIC = 5;

/**
 * The layout of a file that begins with `head`; undefined if more of the file is needed.
 * @throws UserError if these are not word vectors
 */
export function findLayout(
  head: Buffer,
  { file, atEnd }: { file: string; atEnd: boolean },
): VectorLayout | undefined {
  if (head.length < MAX_MAGIC && !atEnd) return undefined;
  const foreign = FOREIGN.find(([magic]) => magic.every((byte, i) => head[i] === byte));
  if (foreign) throw vectorsError(file, `${foreign[1]}. ${foreign[2]}`);
  const layout = head.subarray(0, 4).equals(FASTTEXT)
    ? fasttextLayout(head, atEnd)
    : /^\s*\{\s*"/.test(head.toString('latin1', 0, 64))
      ? jsonLayout(head, atEnd)
      : sniff(head, file, atEnd);
  if (layout && !(layout.dim >= 1 && layout.dim <= MAX_DIM)) throw noVectors(file);
  return layout;
}

/** The dimension is the first option after the magic and the version. */
function fasttextLayout(head: Buffer, atEnd: boolean): VectorLayout | undefined {
  if (head.length < 12 && !atEnd) return undefined;
  const dim = head.length < 12 ? 0 : head.readInt32LE(8);
  return { kind: 'fasttext', dim, rows: undefined, start: 0 };
}

function jsonLayout(head: Buffer, atEnd: boolean): VectorLayout | undefined {
  const dim = jsonDim(head) ?? (atEnd ? 0 : undefined);
  return dim === undefined ? undefined : { kind: 'json', dim, rows: undefined, start: 0 };
}

function sniff(head: Buffer, file: string, atEnd: boolean): VectorLayout | undefined {
  const isEnough = atEnd || head.length > MAX_ROW;
  const bom = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  let end = head.indexOf(LF);
  if (end < 0) {
    if (!isEnough) return undefined;
    if (head.length === bom) throw noRows(file);
    if (!atEnd) throw noVectors(file);
    end = head.length;
  }
  if (!isUtf8(head.subarray(0, end))) throw noVectors(file);
  const fields = fieldsOf(head.toString('utf8', bom, end));
  if (fields.length !== 2 || !fields.every((field) => /^\d{1,15}$/.test(field))) {
    const word = fields.findLastIndex((field) => !isNumeric(field));
    const dim = fields.length - Math.max(1, word + 1);
    if (dim <= 0) throw noVectors(file);
    return { kind: 'text', dim, rows: undefined, start: bom };
  }
  const [rows, dim] = fields.map(Number) as [number, number];
  const start = Math.min(end + 1, head.length);
  if (dim === 0 || dim > MAX_DIM)
    throw vectorsError(
      `${file}:1`,
      `a header of ${dim} dimensions, expected 1 to ${MAX_DIM}. Is this "rows dimensions"?`,
    );
  if (rows === 0 || (atEnd && start === head.length)) throw noRows(file);
  const isBinary = isFirstRowBinary(head.subarray(start), dim, isEnough);
  if (isBinary === undefined) return undefined;
  return { kind: isBinary ? 'binary' : 'text', dim, rows, start };
}

/**
 * Whether the first row after a header has its values as float32; undefined if more bytes are
 * needed. A line that ends with `dim` numbers is text. A row of 8 or more dimensions is text too if
 * it is UTF-8 without control characters: then the error can describe the fault in the text.
 */
function isFirstRowBinary(head: Buffer, dim: number, isEnough: boolean): boolean | undefined {
  const end = head.indexOf(LF);
  if (end < 0 && !isEnough) return undefined;
  const to = end < 0 ? head.length : end;
  const values = lastFields(head, { from: 0, to, n: dim });
  const isAfterWord = values > 0 && isSeparator(head[values - 1]!);
  if (isAfterWord && fieldsOf(head.toString('latin1', values, to)).every(isNumeric)) return false;
  const from = head.indexOf(SPACE) + 1;
  if (from === 0) return false;
  if (head.length < from + 4 * dim && !isEnough) return undefined;
  const floats = head.subarray(from, from + 4 * dim);
  // the last character may be cut off
  const isText = [0, 1, 2, 3].some((cut) => isUtf8(floats.subarray(0, floats.length - cut)));
  const isControl = (byte: number): boolean =>
    byte < SPACE && byte !== TAB && byte !== LF && byte !== CR;
  return dim < 8 || !isText || floats.some(isControl);
}

export const noRows = (file: string): UserError =>
  vectorsError(file, 'empty, no vectors in it. Is the download complete?');

const noVectors = (file: string): UserError =>
  vectorsError(
    `${file}:1`,
    'neither a word with its numbers nor a header. Give word vectors as GloVe, word2vec or fastText write them.',
  );
