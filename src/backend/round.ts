// One round of parallel work in shared memory: threads draw numbered tickets until none is left.

import type { Arena, SharedMemory } from './arena.ts';
import type { Address, Kernels } from './kernels.ts';

/** Computes ticket `index`, from 0 to `count` - 1. `args` are the numbers that were passed to `run`. */
export type Task = (index: number, args: Float64Array) => void;

/** Kernels and memory for the tasks of one thread. */
export interface TaskContext {
  readonly kernels: Kernels;
  readonly arena: Arena;
  /** Number of the thread; 0 is the calling thread. */
  readonly thread: number;
}

// The control block, in 32-bit words. NEXT is round * 2^16 + the next ticket: so a worker that wakes up late cannot
// draw a ticket of a round whose task it has not read.
export const ROUND = 0;
export const NEXT = 16;
export const DONE = 32;
export const TASK = 48;
export const COUNT = 49;
export const FAILED = 50;
const ARGS = 64; // 64 doubles: enough for 16 heads
const MESSAGE = 192; // length, then UTF-16 units
const MOST_ARGS = 64;
const MOST_MESSAGE = 300; // UTF-16 units
const BUSY = 512; // a cache line per thread: 1 while it draws and computes tickets
const LINE = 16;

export const MOST_TICKETS = 0xffff;
/** About a third of a millisecond, longer than the serial part of a training step. */
const SPINS = 50_000;

export const controlWords = (threads: number): number => BUSY + threads * LINE;

export interface Control {
  readonly words: Int32Array;
  readonly args: Float64Array;
}

export const controlAt = (memory: SharedMemory, at: Address, threads: number): Control => ({
  words: new Int32Array(memory.buffer, at, controlWords(threads)),
  args: new Float64Array(memory.buffer, at + ARGS * 4, MOST_ARGS),
});

export interface RoundOptions {
  readonly round: number;
  readonly tasks: readonly Task[];
  /** The thread that draws. */
  readonly thread: number;
}

/** Draws and computes tickets of a round until none is left. */
export function work({ words, args }: Control, { round, tasks, thread }: RoundOptions): void {
  const busy = BUSY + thread * LINE;
  Atomics.store(words, busy, 1);
  for (;;) {
    const ticket = Atomics.load(words, NEXT);
    const index = ticket & MOST_TICKETS;
    if (ticket >>> 16 !== (round & 0xffff) || index >= Atomics.load(words, COUNT)) break;
    if (Atomics.compareExchange(words, NEXT, ticket, ticket + 1) !== ticket) continue;
    try {
      tasks[words[TASK]!]!(index, args);
    } catch (error) {
      reportFailure(words, error);
    }
    Atomics.add(words, DONE, 1);
    Atomics.notify(words, DONE);
  }
  Atomics.store(words, busy, 0);
}

export const isBusy = (words: Int32Array, thread: number): boolean =>
  Atomics.load(words, BUSY + thread * LINE) === 1;

/** Reports an error to the calling thread. Only the first error of a round is kept. */
export function reportFailure(words: Int32Array, error: unknown): void {
  if (Atomics.exchange(words, FAILED, 1)) return;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const length = Math.min(text.length, MOST_MESSAGE);
  words[MESSAGE] = length;
  for (let i = 0; i < length; i++) words[MESSAGE + 1 + i] = text.charCodeAt(i);
}

/** Returns and removes the reported message; undefined if there is none. */
export function takeFailure(words: Int32Array): string | undefined {
  if (!words[FAILED]) return undefined;
  words[FAILED] = 0;
  return String.fromCharCode(...words.subarray(MESSAGE + 1, MESSAGE + 1 + words[MESSAGE]!));
}

/**
 * Waits until words[at] differs from `value`: first spins, then sleeps for at most `patience` milliseconds. Returns the
 * current value.
 */
export function waitWhile(
  words: Int32Array,
  { at, value, patience }: { at: number; value: number; patience?: number },
): number {
  for (let i = 0; i < SPINS; i++) {
    const now = Atomics.load(words, at);
    if (now !== value) return now;
  }
  Atomics.wait(words, at, value, patience);
  return Atomics.load(words, at);
}
