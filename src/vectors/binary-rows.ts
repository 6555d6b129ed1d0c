import { LF, SPACE } from '../corpus/lines.ts';
import type { UserError } from '../errors.ts';
import { quotedWord, vectorsError } from './fields.ts';
import type { VectorLayout } from './layout.ts';
import { type RowReader, type RowTarget, wordIn } from './rows.ts';

/** Maximum size of a word in bytes. A longer word means that the file is damaged before it. */
const MAX_WORD = 64 * 1024;

/** Reads rows in word2vec's binary format. Their number must agree with the header. */
export function binaryRows(
  { dim, rows: expected }: VectorLayout,
  target: RowTarget,
  file: string,
): RowReader {
  let rows = 0;
  const fail = (row: number, message: string): UserError =>
    vectorsError(`${file}: row ${row} of ${expected}`, message);

  function readValues(bytes: Buffer, from: number, word: string): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + from, 4 * dim);
    for (let d = 0; d < dim; d++) {
      const value = view.getFloat32(4 * d, true);
      if (!Number.isFinite(value))
        throw fail(
          rows,
          `value ${d + 1} of ${quotedWord(word)} is ${value}, expected a finite number. Is the file damaged?`,
        );
      target.row[d] = value;
    }
  }

  return {
    get rows() {
      return rows;
    },
    read(bytes) {
      let from = 0;
      for (;;) {
        while (bytes[from] === LF) from++;
        if (from === bytes.length) return from;
        if (rows === expected)
          throw fail(
            rows,
            'the last according to the header, but more bytes follow. Are the numbers of the header right?',
          );
        const space = bytes.indexOf(SPACE, from);
        if ((space < 0 ? bytes.length : space) - from > MAX_WORD)
          throw fail(rows + 1, 'a word longer than 64 KiB. Is the file damaged?');
        const end = space + 1 + 4 * dim;
        if (space < 0 || end > bytes.length) return from;
        rows++;
        const word = wordIn(bytes, from, space);
        const index = target.choose(word);
        if (index >= 0) {
          readValues(bytes, space + 1, word);
          target.store(index);
        }
        from = end;
      }
    },
    end(rest) {
      if (rest.length > 0 || rows !== expected)
        throw fail(rows + 1, 'the file is cut short. Download it again.');
    },
  };
}
