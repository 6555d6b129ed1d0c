import { createWriteStream, renameSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { checkWritable } from '../model/safetensors.ts';
import type { Context } from './context.ts';
import { createSink, type Sink } from './io.ts';

/**
 * Runs `produce` with a sink: standard output, or the file. A file gets a temporary name beside it and its own when
 * all is written; nothing is left of it when `produce` fails or the process is interrupted.
 */
export async function withOutput(
  { io, out }: Context,
  file: string | undefined,
  produce: (sink: Sink) => Promise<void>,
): Promise<void> {
  if (file === undefined || file === '-') return produce(out);
  const present = statSync(file, { throwIfNoEntry: false });
  // a device or a pipe cannot be renamed over
  const isPlain = !present || present.isFile() || present.isDirectory();
  if (isPlain) checkWritable(file);
  const name = isPlain
    ? join(dirname(file), `.seqtag-${process.pid}-${basename(file).slice(0, 40)}.tmp`)
    : file;
  const stream = createWriteStream(name, present?.isFile() ? { mode: present.mode } : {});
  const sink = createSink(stream, file);
  const remove = (): void => {
    if (isPlain && statSync(name, { throwIfNoEntry: false })) unlinkSync(name);
  };
  const listen = io.onInterrupt((signal) => {
    remove();
    io.quit(signal === 'SIGTERM' ? 143 : 130);
  });
  try {
    await produce(sink);
    await sink.flush();
    await new Promise<void>((resolve) => stream.end(resolve));
    if (isPlain) renameSync(name, file);
  } catch (error) {
    stream.destroy();
    remove();
    throw error;
  } finally {
    listen();
  }
}
