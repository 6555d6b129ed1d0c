import { isUtf8 } from 'node:buffer';

/** Reads rows from chunks of bytes, which may be cut anywhere. */
export interface RowReader {
  /** Rows read so far. */
  readonly rows: number;
  /** Whether the rest of the file is not needed. */
  readonly isDone?: boolean;
  /** Reads the complete rows at the start of `bytes`, and returns how many bytes they have. */
  read(bytes: Buffer): number;
  /** Reads what is left at the end of the file. */
  end(rest: Buffer): void;
}

/** Receives the rows of a file. */
export interface RowTarget {
  /** Buffer (dim) for the values of a row that was chosen. */
  readonly row: Float32Array;
  /** The index of this word, if its row is needed, else -1. The reader writes the values to `row` and calls `store`. */
  choose(word: string): number;
  /** Stores `row` for the word with this index. */
  store(index: number): void;
  /** The words of the corpus for which no row was chosen yet. Each may be chosen. */
  missing(): readonly string[];
}

/** The word in these bytes; '' if they are not UTF-8, because no token can equal it. */
export function wordIn(bytes: Buffer, from: number, to: number): string {
  const word = bytes.toString('utf8', from, to);
  return word.includes('\ufffd') && !isUtf8(bytes.subarray(from, to)) ? '' : word;
}
