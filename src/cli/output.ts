import { createWriteStream } from 'node:fs';
import type { OutputFile } from '../files/write.ts';
import type { Context } from './context.ts';
import { createSink, exitCodeOf, type Sink } from './io.ts';

/** Paths by which standard output is written as standard output is, whatever it is. */
const STANDARD_OUTPUT = /^(?:-|\/dev\/stdout|\/dev\/fd\/1|\/proc\/self\/fd\/1)$/;

/**
 * Runs `produce` with a sink: standard output, or a file that appears when all is written. Nothing is left of the file
 * when `produce` fails or the process is interrupted. On standard output, an interrupt first waits for what was written.
 */
export async function withOutput(
  { io, out }: Context,
  file: string | undefined,
  produce: (sink: Sink) => Promise<void>,
): Promise<void> {
  if (file === undefined || STANDARD_OUTPUT.test(file))
    return toStandardOutput({ io, out }, produce);
  const { createOutput, openDevice } = await import('../files/write.ts');
  const device = openDevice(file);
  const sink = device === undefined ? fileSink(createOutput(file)) : deviceSink(file, device);
  const release = io.onInterrupt((signal) => {
    sink.discard();
    io.quit(exitCodeOf(signal));
  });
  try {
    await produce(sink);
    await sink.flush();
    sink.finish();
  } finally {
    sink.discard();
    release();
  }
}

type OutputSink = Sink & Pick<OutputFile, 'finish' | 'discard'>;

function fileSink(output: OutputFile): OutputSink {
  return {
    ...output,
    write: async (data) => output.write(typeof data === 'string' ? Buffer.from(data) : data),
    flush: () => Promise.resolve(),
  };
}

function deviceSink(file: string, fd: number): OutputSink {
  const stream = createWriteStream('', { fd });
  const close = (): void => void stream.destroy();
  return { ...createSink(stream, file), finish: close, discard: close };
}

async function toStandardOutput(
  { io, out }: Pick<Context, 'io' | 'out'>,
  produce: (sink: Sink) => Promise<void>,
): Promise<void> {
  let isInterrupted = false;
  const release = io.onInterrupt((signal) => {
    const quit = (): void => io.quit(exitCodeOf(signal));
    // a second signal ends at once, in case nobody reads the output
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
