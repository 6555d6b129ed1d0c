import { isUtf8 } from 'node:buffer';
import { CR, LF, quantity, SPACE, TAB } from '../corpus/lines.ts';
import { UserError } from '../errors.ts';
import { fieldsOf, isNumeric, isSeparator, lastFields, vectorsError } from './fields.ts';

/*
 * Files of word vectors have one row for each word:
 *
 * - Text: word, space, `dim` decimal numbers, line feed. GloVe has no header; word2vec and fastText
 *   (`.vec`) begin with a line `rows dim`. A word may contain spaces (glove.840B has `. . .`), so the
 *   last `dim` fields are the vector.
 * - Binary (word2vec): the line `rows dim`, then for each row the word, a space, and `dim`
 *   little-endian float32 numbers. Mostly a line feed follows, but not in GoogleNews.
 *
 * The first bytes determine the layout. A first line of two whole numbers is a header.
 */

/** How the rows of a file are written. */
export interface VectorLayout {
  readonly isBinary: boolean;
  readonly dim: number;
  /** Number of rows in the header; undefined without a header. */
  readonly rows: number | undefined;
  /** Offset of the first row, in bytes. */
  readonly start: number;
}

/** Maximum size of a line in bytes. */
export const MAX_ROW = 4 * 1024 * 1024;
const MAX_DIM = 65_536;

/** Files that are often mistaken for vectors: their first bytes, their kind, and the remedy. */
const FOREIGN: readonly [magic: readonly number[], what: string, remedy: string][] = [
  [[0x50, 0x4b, 3, 4], 'a zip archive', 'Unpack it with unzip.'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed by xz', 'Unpack it with xz -d.'],
  [[0x42, 0x5a, 0x68], 'compressed by bzip2', 'Unpack it with bzip2 -d.'],
  [[0xba, 0x16, 0x4f, 0x2f], "fastText's own model", 'Take its .vec file.'],
  [[0xff, 0xfe], 'UTF-16, expected UTF-8', 'Convert it with iconv -f UTF-16 -t UTF-8.'],
];
const MAX_MAGIC = 5;

/**
 * The layout of a file that begins with `head`; undefined if more of the file is needed.
 * @throws UserError if these are not word vectors, or not of dimension `expectedDim`
 */
export function findLayout(
  head: Buffer,
  { file, atEnd, expectedDim }: { file: string; atEnd: boolean; expectedDim: number | undefined },
): VectorLayout | undefined {
  if (head.length < MAX_MAGIC && !atEnd) return undefined;
  const foreign = FOREIGN.find(([magic]) => magic.every((byte, i) => head[i] === byte));
  if (foreign) throw vectorsError(file, `${foreign[1]}. ${foreign[2]}`);
  const layout = sniff(head, file, atEnd);
  if (layout) checkDim(layout, expectedDim, file);
  return layout;
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
    return { isBinary: false, dim, rows: undefined, start: bom };
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
  return isBinary === undefined ? undefined : { isBinary, dim, rows, start };
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

function checkDim({ dim, rows }: VectorLayout, expected: number | undefined, file: string): void {
  if (dim > MAX_DIM) throw noVectors(file);
  if (expected === undefined || dim === expected) return;
  const source = rows === undefined ? '' : ' according to the header';
  throw new UserError(
    `${file}:1: vectors of ${quantity(dim, 'dimension')}${source}, expected ${expected}. Use other vectors, or the other dimension.`,
    { code: 'SEQTAG_VECTORS_DIMENSION' },
  );
}

export const noRows = (file: string): UserError =>
  vectorsError(file, 'empty, no vectors in it. Is the download complete?');

const noVectors = (file: string): UserError =>
  vectorsError(
    `${file}:1`,
    'neither a word with its numbers nor a header. Give word vectors as GloVe, word2vec or fastText (.vec) write them.',
  );
