import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/main.ts';

export interface WorldOptions {
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly env?: Record<string, string>;
  /** Which streams are terminals; none unless said. */
  readonly terminals?: readonly ('stdin' | 'stdout' | 'stderr')[];
  /** Width of the terminals. Default: 80. */
  readonly columns?: number;
  /** Called with what was written to standard error; may interrupt. */
  readonly onStderr?: (text: string, world: World) => void;
  readonly stdout?: Writable;
}

export interface World {
  readonly io: Io;
  stdout(): string;
  stderr(): string;
  /** What Ctrl-C does. */
  interrupt(signal?: NodeJS.Signals): void;
  /** Exit codes with which the process was to end at once. */
  readonly quits: number[];
}

/** A world in memory. */
export function createWorld(options: WorldOptions = {}): World {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const quits: number[] = [];
  const sink = (into: Buffer[], then?: (text: string) => void): Writable =>
    new Writable({
      write(chunk: Buffer, _, done) {
        into.push(chunk);
        then?.(chunk.toString());
        done();
      },
    });
  const { stdin = '', terminals = [], env = {}, columns = 80 } = options;
  const world: World = {
    io: {
      stdin:
        typeof stdin === 'string' || stdin instanceof Uint8Array
          ? pieces([Buffer.from(stdin)])
          : stdin,
      stdout: options.stdout ?? sink(out),
      stderr: asTerminal(
        sink(err, (text) => options.onStderr?.(text, world)),
        terminals.includes('stderr') ? columns : undefined,
      ),
      isTerminal: {
        stdin: terminals.includes('stdin'),
        stdout: terminals.includes('stdout'),
        stderr: terminals.includes('stderr'),
      },
      columns: {
        stdout: terminals.includes('stdout') ? columns : 0,
        stderr: terminals.includes('stderr') ? columns : 0,
      },
      env,
      onInterrupt(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      quit: (code) => quits.push(code),
    },
    stdout: () => Buffer.concat(out).toString(),
    stderr: () => Buffer.concat(err).toString(),
    interrupt(signal = 'SIGINT') {
      for (const listener of listeners) listener(signal);
    },
    quits,
  };
  return world;
}

/** Adds what a terminal's stream has; without columns it is none. */
function asTerminal(stream: Writable, columns: number | undefined): Writable {
  if (columns === undefined) return stream;
  return Object.assign(stream, {
    isTTY: true,
    columns,
    clearLine: (direction: -1 | 0 | 1) => clearLine(stream, direction),
    cursorTo: (x: number, y?: number) => cursorTo(stream, x, y),
    moveCursor: (dx: number, dy: number) => moveCursor(stream, dx, dy),
  });
}

export async function* pieces(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in a world of its own. */
export async function seqtag(
  args: readonly string[],
  options: WorldOptions = {},
): Promise<Outcome> {
  const world = createWorld(options);
  const code = await run(args, world.io);
  return { code, stdout: world.stdout(), stderr: world.stderr() };
}

/** Expects one line on standard error that matches, nothing on standard output, and exit code 2. */
export function expectRefused({ code, stdout, stderr }: Outcome, pattern: RegExp): void {
  expect(stderr).toMatch(pattern);
  expect(stderr).toMatch(/^seqtag: [^\n]+\n$/);
  expect(stdout).toBe('');
  expect(code).toBe(2);
}

const root = fileURLToPath(new URL('../..', import.meta.url));
export const corpus = (name: string): string => join(root, 'corpora', name);
export const program = join(root, 'bin/seqtag.js');

/** The first sentences of a bundled corpus. */
export function sentences(name: string, count: number): string {
  const all = readFileSync(corpus(name), 'utf8').split('\n\n');
  return `${all.slice(0, count).join('\n\n')}\n\n`;
}

/** A folder of its own, with what removes it. */
export function createFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'seqtag-test-'));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    /** Another file of the same sentences: a model that has learned one was not trained on the other. */
    another(file: string): string {
      const copy = path(`another-${basename(file)}`);
      writeFileSync(copy, `${readFileSync(file, 'utf8')}\n`);
      return copy;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Small, and quick to learn a few sentences by heart. */
export const tiny = [
  '--threads=1',
  '--word-dim=16',
  '--char-filters=8',
  '--char-dim=8',
  '--hidden=16',
  '--batch-size=4',
  '--learning-rate=0.02',
  '--dropout=0',
  '--output-dropout=0',
  '--recurrent-dropout=0',
  '--unknown-probability=0',
  '--average-epochs=1',
  '--decoder=softmax',
  '--bias-recall=0',
  '--features=none',
  '--char-width=3',
];

/** Without colours and movements of the cursor. */
export const withoutEscapes = (text: string): string =>
  // biome-ignore lint/complexity/useRegexLiterals: a literal with a control character is refused
  text.replace(new RegExp('\\u001b\\[[0-9;?]*[A-Za-z]', 'g'), '');
