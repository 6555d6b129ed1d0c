import type { CreateEngine } from '../network/engines.ts';
import type { Io, Sink } from './io.ts';

/** What every command gets. */
export interface Context {
  readonly io: Io;
  /** Standard output. Only data goes there. */
  readonly out: Sink;
  /** Writes a line for people to standard error. Control characters in it are shown as escapes. */
  say(line: string): void;
  /** Given by `--color` and `--no-color`; undefined without either. */
  color: boolean | undefined;
  /** Creates the engines that `--engine` names; undefined: the built-in engine. */
  createEngine?: CreateEngine | undefined;
  /** The exit code after the command returns, or after its reader is gone. */
  exitCode: 0 | 1 | 2 | 129 | 130 | 143;
}

/** The same context, which says each line once. Several runs over a file would repeat what there is to say about it. */
export function withoutRepetition(context: Context): Context {
  const said = new Set<string>();
  return {
    ...context,
    say(line) {
      if (!said.has(line)) context.say(line);
      said.add(line);
    },
  };
}
