import { decompressed } from '../files/compression.ts';
import { readBytes } from '../files/read.ts';
import { binaryRows } from './binary-rows.ts';
import { findLayout, noRows } from './layout.ts';
import type { RowReader } from './rows.ts';
import {
  createSelection,
  type Selection,
  type SelectionOptions,
  type VectorTable,
} from './selection.ts';
import { textRows } from './text-rows.ts';

export type { Coverage, VectorTable } from './selection.ts';

export interface VectorOptions extends SelectionOptions {
  /** The dimension that the vectors must have. */
  readonly dim?: number;
  /** Name of a stream in messages. */
  readonly file?: string;
}

/**
 * Reads the vectors of wanted words, and of the first `keep` others, from GloVe, word2vec (text or
 * binary) and fastText (`.vec`), compressed or not. Memory holds the rows chosen and a few MiB.
 *
 * A wanted word gets the vector of the best form in the file, wherever it is: the word itself, in
 * lower case, with a capital, in upper case; then a word that `fold` changes to one of these, in the
 * same order. Of equal forms the first in the file counts.
 *
 * Another word is kept in its folded form. Of several words with the same folded form, the one that
 * is in this form gives the vector, else the first.
 *
 * Values are read only in rows that are used, so that a `nan` in another row does no harm. A text
 * may have more or fewer rows than its header says, since `head -n 100000 wiki.vec` is a usual way
 * to get a smaller file; a binary file may not.
 * @throws UserError with file and line (or row) if a row has a wrong number of values, a value that
 * is used is not a finite number, the file is cut short, has no vectors or is of another kind, or its
 * dimension is not `dim`
 */
export async function readVectors(
  source: string | AsyncIterable<Uint8Array>,
  options: VectorOptions,
): Promise<VectorTable> {
  const file = options.file ?? (typeof source === 'string' ? source : '<stdin>');
  const bytes = typeof source === 'string' ? readBytes(source) : source;
  let rest: Buffer = Buffer.alloc(0);
  let reader: RowReader | undefined;
  let selection: Selection | undefined;

  function read(atEnd: boolean): void {
    if (reader === undefined) {
      const layout = findLayout(rest, { file, atEnd, expectedDim: options.dim });
      if (layout === undefined) return;
      selection = createSelection(options, { dim: layout.dim, rowsInFile: layout.rows });
      reader = (layout.isBinary ? binaryRows : textRows)(layout, selection, file);
      rest = rest.subarray(layout.start);
    }
    rest = rest.subarray(reader.read(rest));
  }

  for await (const chunk of decompressed(bytes, file)) {
    const next = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    rest = rest.length === 0 ? next : Buffer.concat([rest, next]);
    read(false);
  }
  read(true);
  reader!.end(rest);
  if (reader!.rows === 0) throw noRows(file);
  return selection!.table();
}
