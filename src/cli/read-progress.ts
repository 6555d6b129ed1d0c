import { describeFile, readBytes } from '../files/read.ts';
import type { Context } from './context.ts';
import { bar, createMovingLine } from './progress.ts';
import { styleOf } from './style.ts';
import { bytes } from './table.ts';

/** How much of the input was read, on a line that moves. */
export interface ReadProgress {
  /** The bytes of a file as they are, which count as they are read. */
  read(file: string): AsyncIterable<Uint8Array>;
  close(): void;
}

/**
 * Shows on standard error how much of all the files was read; undefined where that is no terminal, or where the size is
 * not known: of pipes, of standard input, and of files that are not there, which their reader tells.
 */
export async function createReadProgress(
  files: readonly string[],
  context: Context,
): Promise<ReadProgress | undefined> {
  const { io } = context;
  if (!io.isTerminal.stderr || io.env.TERM === 'dumb') return undefined;
  const found = files.map(describeFile);
  const size = found.reduce(
    (sum, file) => sum + (file?.kind === 'file' ? file.bytes : Number.NaN),
    0,
  );
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
