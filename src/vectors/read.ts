import { decompressed } from '../files/compression.ts';
import { readBytes } from '../files/read.ts';
import { binaryRows } from './binary-rows.ts';
import { fasttextRows } from './fasttext-rows.ts';
import { jsonRows } from './json-rows.ts';
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

const readers = {
  text: textRows,
  binary: binaryRows,
  json: jsonRows,
  fasttext: fasttextRows,
} as const;

export interface VectorOptions extends SelectionOptions {
  /** Name of a stream in messages. */
  readonly file?: string;
  /** Called with the number of bytes, as stored, that were read so far. */
  readonly onRead?: (bytes: number) => void;
}

/**
 * Reads the vectors of the words of a corpus, and the first `keep` others, from GloVe, word2vec (text or binary),
 * fastText (`.vec` or `.bin`) and JSON, compressed or not. Memory holds the rows chosen and a few MiB. The words of the
 * corpus that a fastText model does not know get the mean of their n-grams.
 *
 * Values are parsed only in rows that are used, so that a `nan` in another row does no harm. The
 * number of rows of a text file may differ from its header, because `head -n 100000 wiki.vec` is a
 * usual way to get a smaller file. In a binary file it must agree.
 * @throws UserError with file and line (or row) if a row has a wrong number of values, a value that
 * is used is not a finite number, the file is cut short, has no vectors or is of another kind
 */
export async function readVectors(
  source: string | AsyncIterable<Uint8Array>,
  options: VectorOptions,
): Promise<VectorTable> {
  const file = options.file ?? (typeof source === 'string' ? source : '<stdin>');
  const bytes = counted(typeof source === 'string' ? readBytes(source) : source, options.onRead);
  let rest: Buffer = Buffer.alloc(0);
  let reader: RowReader | undefined;
  let selection: Selection | undefined;

  function read(atEnd: boolean): void {
    if (reader === undefined) {
      const layout = findLayout(rest, { file, atEnd });
      if (layout === undefined) return;
      selection = createSelection(options, { dim: layout.dim, rowsInFile: layout.rows });
      reader = readers[layout.kind](layout, selection, file);
      rest = rest.subarray(layout.start);
    }
    rest = rest.subarray(reader.read(rest));
  }

  for await (const chunk of decompressed(bytes, file)) {
    const next = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    rest = rest.length === 0 ? next : Buffer.concat([rest, next]);
    read(false);
    if (reader?.isDone) break;
  }
  read(true);
  reader!.end(rest);
  if (reader!.rows === 0) throw noRows(file);
  return selection!.table();
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    onRead(total);
    yield chunk;
  }
}
