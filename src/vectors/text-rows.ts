import { LF, quantity, SPACE } from '../corpus/lines.ts';
import type { UserError } from '../errors.ts';
import {
  ENDS_IN_VALUE,
  fieldsOf,
  isNumeric,
  isSeparator,
  lastFields,
  MAX_ROW,
  quotedWord,
  vectorsError,
} from './fields.ts';
import type { VectorLayout } from './layout.ts';
import { type RowReader, type RowTarget, wordIn } from './rows.ts';

/** 2^128 - 2^103: the smallest number that rounds to infinity in float32. */
const FLOAT32_OVERFLOW = 2 ** 128 - 2 ** 103;

/** Part of a line: bytes `from` to `to - 1`. */
interface Line {
  readonly from: number;
  readonly to: number;
}

/** Reads rows of text. Checks the number of values in every row, but the values only in rows that are used. */
export function textRows(
  { dim, rows: rowsInHeader }: VectorLayout,
  target: RowTarget,
  file: string,
): RowReader {
  const hasHeader = rowsInHeader !== undefined;
  let line = hasHeader ? 1 : 0;
  let rows = 0;

  /** Reads one line. `bytes[to]` is its line feed. */
  function readRow(bytes: Buffer, from: number, to: number): void {
    const values = lastFields(bytes, { from, to, n: dim });
    if (values < 0 && isBlank(bytes, from, to)) return;
    if (values <= from) throw wrongCount(bytes, { from, to });
    let wordEnd = values;
    while (wordEnd > from && isSeparator(bytes[wordEnd - 1]!)) wordEnd--;
    const word = wordIn(bytes, from, wordEnd);
    if (hasSeparator(bytes, from, wordEnd) && ENDS_IN_VALUE.test(word))
      throw wrongCount(bytes, { from, to });
    rows++;
    const index = target.choose(word);
    if (index < 0) return;
    const bad = parseNumbers(bytes, values, target.row);
    if (bad >= 0) {
      const field = fieldsOf(bytes.toString('utf8', values, to))[bad]!;
      throw vectorsError(
        `${file}:${line}`,
        `value ${bad + 1} of ${quotedWord(word)} is ${quotedWord(field)}, expected a finite number. Correct or remove the line.`,
      );
    }
    target.store(index);
  }

  function wrongCount(bytes: Buffer, { from, to }: Line): UserError {
    const fields = fieldsOf(bytes.toString('utf8', from, to));
    const word = Math.max(
      0,
      fields.findLastIndex((field) => !isNumeric(field)),
    );
    const values = fields.length - word - 1;
    const where = hasHeader ? 'the header says' : 'in line 1';
    return vectorsError(
      `${file}:${line}`,
      `${quantity(values, 'value')} after ${quotedWord(fields[word]!)}, expected ${dim} as ${where}. Is the file complete, and nothing but word vectors?`,
    );
  }

  function read(bytes: Buffer): number {
    let from = 0;
    for (let to = bytes.indexOf(LF); to >= 0; to = bytes.indexOf(LF, from)) {
      line++;
      readRow(bytes, from, to);
      from = to + 1;
    }
    if (bytes.length - from <= MAX_ROW) return from;
    throw vectorsError(`${file}:${line + 1}`, 'a line longer than 4 MiB. Are these word vectors?');
  }

  return {
    get rows() {
      return rows;
    },
    read,
    end(rest) {
      if (rest.length > 0) read(Buffer.concat([rest, Buffer.of(LF)]));
    },
  };
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! > SPACE) return false;
  return true;
}

function hasSeparator(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (isSeparator(bytes[i]!)) return true;
  return false;
}

/**
 * Reads `out.length` decimal numbers, such as `-0.25` and `1e-05`, from a line that has as many fields and ends with a
 * line feed. Only the first 15 digits are used. A result is the nearest float32 or, near a tie, its neighbour.
 * @returns the index of the first number that is not a finite float32, or -1
 */
function parseNumbers(bytes: Uint8Array, from: number, out: Float32Array): number {
  let at = from;
  for (let d = 0; d < out.length; d++) {
    while (bytes[at]! <= SPACE) at++;
    const isNegative = bytes[at] === 45;
    if (isNegative || bytes[at] === 43) at++;
    const first = at;
    let mantissa = 0;
    let scale = 0;
    let points = 0;
    for (;;) {
      const digit = bytes[at]! - 48;
      if (digit >= 0 && digit <= 9) {
        if (mantissa < 9e14) {
          mantissa = 10 * mantissa + digit;
          scale -= points;
        } else {
          scale += 1 - points;
        }
      } else if (digit === -2 && points === 0) {
        points = 1;
      } else {
        break;
      }
      at++;
    }
    if (at - first === points) return d;
    if ((bytes[at]! | 32) === 101) {
      at++;
      const isDown = bytes[at] === 45;
      if (isDown || bytes[at] === 43) at++;
      const firstOfExponent = at;
      let exponent = 0;
      for (let digit = bytes[at]! - 48; digit >= 0 && digit <= 9; digit = bytes[at]! - 48) {
        exponent = 10 * exponent + digit;
        at++;
      }
      if (at === firstOfExponent) return d;
      scale += isDown ? -exponent : exponent;
    }
    if (bytes[at]! > SPACE) return d;
    const value = scaled(mantissa, scale);
    if (!(value < FLOAT32_OVERFLOW)) return d;
    out[d] = isNegative ? -value : value;
  }
  return -1;
}

const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** mantissa * 10^scale. Powers up to 10^22 are exact, so that one operation rounds (Clinger 1990). */
function scaled(mantissa: number, scale: number): number {
  if (scale <= 0 && scale >= -22) return mantissa / POWERS[-scale]!;
  if (mantissa === 0) return 0;
  return mantissa * 10 ** scale;
}
