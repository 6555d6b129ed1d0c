import type { Io, Sink } from './io.ts';

/** What every command is given. */
export interface Context {
  readonly io: Io;
  /** Standard output: data only. */
  readonly out: Sink;
  /** A line for people, on standard error. */
  say(line: string): void;
  /** `--color`, `--no-color`; undefined when neither was given. */
  color: boolean | undefined;
  /** The exit code when the command returns. */
  exitCode: 0 | 1 | 2 | 130 | 143;
}
