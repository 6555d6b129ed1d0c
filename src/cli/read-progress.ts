import { describeFile, readBytes } from '../files/read.ts';
import type { Context } from './context.ts';
import { isScreen } from './io.ts';
import { bar, createMovingLine } from './moving-line.ts';
import { styleOf } from './style.ts';
import { bytes } from './table.ts';

/** A moving line that shows how much of the input was read. */
export interface ReadProgress {
  /** The bytes of a file, counted as they are read. */
  read(file: string): AsyncIterable<Uint8Array>;
  close(): void;
}

/**
 * Shows on standard error what part of all files was read. Returns undefined if that is not a terminal of known
 * width, or if a size is unknown: of pipes, standard input, and missing files, which their reader reports.
 */
export async function createReadProgress(
  files: readonly string[],
  context: Context,
): Promise<ReadProgress | undefined> {
  const { io } = context;
  if (!isScreen('stderr', io)) return undefined;
  const sizes = files
    .map(describeFile)
    .map((found) => (found?.kind === 'file' ? found.bytes : Number.NaN));
  const size = sizes.reduce((sum, bytes) => sum + bytes, 0);
  if (!(size > 0)) return undefined;
  const style = await styleOf('stderr', context);
  const line = await createMovingLine(io.stderr, style);
  let done = 0;
  return {
    async *read(file) {
      for await (const chunk of readBytes(file)) {
        done += chunk.length;
        line.text = `${bar(Math.min(1, done / size), style)}  ${bytes(done)} of ${bytes(size)}`;
        yield chunk;
      }
    },
    close: line.stop,
  };
}
