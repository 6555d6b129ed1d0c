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
 * A wanted word gets the vector of its best form in the file. The forms are, best first: the word
 * itself, in lower case, capitalised, in upper case; then words that `fold` changes to one of
 * these, in the same order. Of several rows with the same form, the first one counts.
 *
 * Other words are kept in their folded form. Of several words with the same folded form, the vector
 * is that of the word in exactly this form, else that of the first word.
 *
 * Values are parsed only in rows that are used, so that a `nan` in another row does no harm. The
 * number of rows of a text file may differ from its header, because `head -n 100000 wiki.vec` is a
 * usual way to get a smaller file. In a binary file it must agree.
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
