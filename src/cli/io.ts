import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { fileError } from '../files/system-errors.ts';

/** Everything that the command line uses of its process. Tests pass their own. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly isTerminal: {
    readonly stdin: boolean;
    readonly stdout: boolean;
    readonly stderr: boolean;
  };
  /** Width in characters. 0: not a terminal, or a terminal that does not tell its width. */
  readonly columns: { readonly stdout: number; readonly stderr: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls the listener on SIGINT, SIGTERM and SIGHUP in place of exiting. Returns a function that removes it. */
  onInterrupt(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Exits at once. */
  quit(code: number): void;
}

const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** This process. */
export function processIo(): Io {
  return {
    // Opened on first use: opening standard input takes time and may keep the process alive.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    columns: { stdout: process.stdout.columns ?? 0, stderr: process.stderr.columns ?? 0 },
    env: process.env,
    onInterrupt(listener) {
      for (const signal of interrupts) process.on(signal, listener);
      return () => {
        for (const signal of interrupts) process.off(signal, listener);
      };
    },
    quit: (code) => process.exit(code),
  };
}

/** The width for running text: that of a terminal, or 80 characters where no width is known. */
export const textWidth = ({ columns }: Pick<Io, 'columns'>): number =>
  columns.stdout || columns.stderr || 80;

/** Whether the cursor can move on a stream. It needs a width: without one no line can be redrawn. */
export const isScreen = (
  stream: 'stdout' | 'stderr',
  { isTerminal, columns, env }: Pick<Io, 'isTerminal' | 'columns' | 'env'>,
): boolean => isTerminal[stream] && columns[stream] > 0 && env.TERM !== 'dumb';

/** The exit code that a shell reports after a signal. */
export const exitCodeOf = (signal: NodeJS.Signals): 129 | 130 | 143 =>
  signal === 'SIGTERM' ? 143 : signal === 'SIGHUP' ? 129 : 130;

/** The reader of the output is gone, as after `| head`. There is no one left to tell. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe';
}

/** A destination for data. Writing waits while its reader is slower. */
export interface Sink {
  /** @throws ClosedPipe; UserError if the stream cannot be written */
  write(data: string | Uint8Array): Promise<void>;
  /** Waits until everything is written. Throws as `write` does. */
  flush(): Promise<void>;
}

/** @param name what messages call the stream, e.g. `standard output` */
export function createSink(stream: Writable, name: string): Sink {
  let failure: unknown;
  let wake: (() => void) | undefined;
  const settle = (): void => {
    wake?.();
    wake = undefined;
  };
  stream.on('drain', settle);
  stream.on('close', settle);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= writeError(error, name);
    settle();
  });
  const check = (): void => {
    // known before the event, which a file stream emits only after it closed the file
    if (stream.errored) failure ??= writeError(stream.errored, name);
    if (failure) throw failure;
    if (stream.destroyed) throw new ClosedPipe();
  };
  return {
    async write(data) {
      check();
      if (stream.write(data)) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      check();
    },
    async flush() {
      check();
      await new Promise<void>((resolve) => {
        wake = resolve; // an error may come without the callback
        stream.write('', () => resolve());
      });
      // Node reports a broken pipe in the next turn of the event loop.
      await new Promise(setImmediate);
      if (stream.errored || failure) check();
    },
  };
}

function writeError(error: NodeJS.ErrnoException, name: string): unknown {
  const isClosed = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
  return isClosed ? new ClosedPipe() : fileError(error, { file: name, action: 'write' });
}
