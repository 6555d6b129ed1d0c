import type { Context } from './context.ts';
import { ClosedPipe, exitCodeOf, type Io, isScreen } from './io.ts';
import { createMovingLine } from './moving-line.ts';
import { type Style, styleOf } from './style.ts';

/** Puts the events of a long run into words. */
export interface Narrator<Event> {
  /** Whole lines that stay on the screen, or an empty string. */
  lines(event: Event): string;
  /** What the moving line says from now on; undefined: as before. */
  status(event: Event): string | undefined;
}

export interface FollowOptions<Event> {
  readonly flags: { readonly json?: boolean; readonly quiet?: boolean };
  /** Starts the run. The first SIGINT, SIGTERM or SIGHUP aborts the signal. */
  readonly start: (signal: AbortSignal) => AsyncIterable<Event>;
  readonly narrator: (style: Style, columns: number) => Narrator<Event>;
  /** The event from which on there is something to keep. Before it a signal ends the process at once. */
  readonly from: string;
  /** What to say when the first signal arrives. */
  readonly stopping: string;
  /** Called before a second signal ends the process. */
  readonly onQuit?: () => void;
}

export interface Followed<Event> {
  /** The last event, if there was one. */
  readonly last: Event | undefined;
  /** The first signal that arrived during the run. */
  readonly signal: NodeJS.Signals | undefined;
  /** Whether progress was shown. */
  readonly isShown: boolean;
}

/**
 * Follows a long run to its end: shows its events to people, writes them as JSON if asked, and turns the first
 * SIGINT, SIGTERM or SIGHUP into a request to stop. A second signal ends the process. The exit code becomes 130 or 143.
 */
export async function follow<Event extends { readonly type: string }>(
  { flags, start, narrator, from, stopping, onQuit }: FollowOptions<Event>,
  context: Context,
): Promise<Followed<Event>> {
  const { io } = context;
  const display = await createDisplay(flags, narrator, context);
  const writeJson = flags.json ? createJsonLines(context) : undefined;
  const abort = new AbortController();
  let signal: NodeJS.Signals | undefined;
  let hasStarted = false;
  let last: Event | undefined;
  const release = io.onInterrupt((received) => {
    if (hasStarted && signal === undefined) {
      signal = received;
      context.exitCode = exitCodeOf(received);
      abort.abort();
      display?.note(stopping);
      return;
    }
    display?.close();
    if (hasStarted) onQuit?.();
    io.quit(exitCodeOf(received));
  });
  try {
    for await (const event of start(abort.signal)) {
      if (event.type === from) hasStarted = true;
      last = event;
      display?.show(event);
      await writeJson?.(event);
    }
  } finally {
    display?.close();
    release();
  }
  return { last, signal, isShown: display !== undefined };
}

interface Display<Event> {
  show(event: Event): void;
  /** Says something at once, such as that the run is about to stop. */
  note(line: string): void;
  /** Removes the moving line, whatever happened. */
  close(): void;
}

async function createDisplay<Event>(
  flags: FollowOptions<Event>['flags'],
  narrator: FollowOptions<Event>['narrator'],
  context: Context,
): Promise<Display<Event> | undefined> {
  const { io } = context;
  const kind = progressKind(flags, io);
  if (kind === undefined) return undefined;
  const style = await styleOf('stderr', context);
  const { lines, status } = narrator(style, io.columns.stderr);
  if (kind === 'lines')
    return {
      show: (event) => {
        const text = lines(event);
        if (text !== '') io.stderr.write(text);
      },
      note: (line) => {
        io.stderr.write(`${line}\n`);
      },
      close: () => undefined,
    };
  const moving = await createMovingLine(io.stderr, style);
  let isNoted = false;
  return {
    show(event) {
      const text = lines(event);
      if (text !== '') moving.above(() => io.stderr.write(text));
      const now = isNoted ? undefined : status(event);
      if (now !== undefined) moving.text = now;
    },
    note(line) {
      isNoted = true;
      moving.text = line;
    },
    close: moving.stop,
  };
}

/** How progress is shown: on a moving line, as lines that stay, or not at all. */
export function progressKind(
  { quiet, json }: FollowOptions<never>['flags'],
  io: Pick<Io, 'isTerminal' | 'columns' | 'env'>,
): 'moving' | 'lines' | undefined {
  // Events and text would be mixed on one terminal.
  if (quiet || (json && io.isTerminal.stdout && io.isTerminal.stderr)) return undefined;
  return isScreen('stderr', io) ? 'moving' : 'lines';
}

/** Writes events to standard output. The run matters more than they do: it goes on if they cannot be written. */
function createJsonLines({ out, say }: Context): (event: unknown) => Promise<void> {
  let isOpen = true;
  return async (event) => {
    if (!isOpen) return;
    try {
      await out.write(`${JSON.stringify(event)}\n`);
    } catch (error) {
      isOpen = false;
      // Another failure is reported when standard output is flushed at the end.
      if (error instanceof ClosedPipe)
        say(
          'seqtag: the reader of --json is gone, so no more events are written; the run goes on.',
        );
    }
  };
}
