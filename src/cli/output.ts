import { createWriteStream, openSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkWritable } from '../model/safetensors.ts';
import type { Context } from './context.ts';
import { createSink, type Sink } from './io.ts';

/**
 * Runs `produce` with a sink: standard output, or the file. A file gets a temporary name beside it, and its own when
 * all is written; nothing is left of it when `produce` fails or the process is interrupted. On standard output what was
 * written until then arrives whole.
 */
export async function withOutput(
  { io, out }: Context,
  file: string | undefined,
  produce: (sink: Sink) => Promise<void>,
): Promise<void> {
  if (file === undefined || file === '-') return toStandardOutput({ io, out }, produce);
  const present = statSync(file, { throwIfNoEntry: false });
  // a device or a pipe cannot be renamed over
  const isDevice = present !== undefined && !present.isFile() && !present.isDirectory();
  if (!isDevice) checkWritable(file);
  const target = present ? realpathSync(file) : file;
  const name = isDevice ? file : join(dirname(target), `.seqtag-${process.pid}.tmp`);
  // opened here and now, so that nothing appears after it was removed
  const stream = createWriteStream(name, { fd: openSync(name, 'w', present?.mode ?? 0o666) });
  const sink = createSink(stream, file);
  const remove = (): void => {
    if (!isDevice) rmSync(name, { force: true });
  };
  const release = io.onInterrupt((signal) => {
    remove();
    io.quit(codeOf(signal));
  });
  try {
    await produce(sink);
    await sink.flush();
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.end();
    });
    if (!isDevice) renameSync(name, target);
  } catch (error) {
    stream.destroy();
    remove();
    throw error;
  } finally {
    release();
  }
}

/** The exit code that a shell gives to what a signal ended. */
const codeOf = (signal: NodeJS.Signals): number => (signal === 'SIGTERM' ? 143 : 130);

async function toStandardOutput(
  { io, out }: Pick<Context, 'io' | 'out'>,
  produce: (sink: Sink) => Promise<void>,
): Promise<void> {
  let isInterrupted = false;
  const release = io.onInterrupt((signal) => {
    const quit = (): void => io.quit(codeOf(signal));
    // a reader that takes nothing is waited for until the second signal
    if (isInterrupted) quit();
    else void out.flush().then(quit, quit);
    isInterrupted = true;
  });
  const never = new Promise<never>(() => undefined);
  try {
    await produce({ ...out, write: (text) => (isInterrupted ? never : out.write(text)) });
  } finally {
    release();
  }
}
