import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { fileError } from '../files/system-errors.ts';

/** All that the command line has of the world, so that tests can give it another. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly isTerminal: {
    readonly stdin: boolean;
    readonly stdout: boolean;
    readonly stderr: boolean;
  };
  /** Width of the terminal, in characters. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls the listener at every SIGINT and SIGTERM instead of ending; returns what takes it away. */
  onInterrupt(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Ends at once. */
  quit(code: number): void;
}

/** This process. */
export function processIo(): Io {
  return {
    // asked for only when read: opening standard input takes time and may keep the process alive
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    columns: process.stdout.columns ?? process.stderr.columns ?? 80,
    env: process.env,
    onInterrupt(listener) {
      process.on('SIGINT', listener).on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener).off('SIGTERM', listener);
      };
    },
    quit: (code) => process.exit(code),
  };
}

/** The reader of our output went away, as `head` does: nobody is left to tell, so it ends in silence. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe';
}

/** Where data goes, no faster than it is taken. */
export interface Sink {
  write(data: string | Uint8Array): Promise<void>;
  /** Waits until everything is written. */
  flush(): Promise<void>;
}

/** @param name what a message calls the stream, e.g. `standard output` */
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
      // a broken pipe is told in the next turn
      await new Promise(setImmediate);
      if (failure) throw failure;
    },
  };
}

function writeError(error: NodeJS.ErrnoException, name: string): unknown {
  const isClosed = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
  return isClosed ? new ClosedPipe() : fileError(error, { file: name, action: 'write' });
}
