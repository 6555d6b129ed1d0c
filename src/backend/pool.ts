import { createRequire } from 'node:module';
import type { Worker } from 'node:worker_threads';
import type { Arena } from './arena.ts';
import type { KernelsOptions } from './backend.ts';
import type { Address, Kernels } from './kernels.ts';

/** One ticket of parallel work: `index` of 0..count, with the numbers given to `run`. */
export type Task = (index: number, args: Float64Array) => void;

/** What a program computes with, on each thread. */
export interface TaskContext {
  readonly kernels: Kernels;
  readonly arena: Arena;
  /** Which of the threads it is: 0 that which calls. */
  readonly thread: number;
}

/**
 * Threads over one arena. `run` cuts work into `count` tickets that any thread may draw, this one included, and returns
 * when all are done. What a ticket computes must not depend on who draws it or when: then results are the same for any
 * number of threads.
 */
export interface Pool {
  readonly threads: number;
  /**
   * Says what tasks there are: `module` (a file URL) exports `createTasks(context, spec): Task[]`, called once on every
   * thread with the same `spec`; `tasks` are this thread's.
   */
  program(module: string, spec: unknown, tasks: readonly Task[]): void;
  run(task: number, count: number, args?: readonly number[]): void;
  /** Begins what `run` does: the other threads draw tickets while this one does something else, until it calls `finish`. */
  begin(task: number, count: number, args?: readonly number[]): void;
  /** Draws what tickets are left and returns when all are done. */
  finish(): void;
  close(): Promise<void>;
}

export interface WorkerData extends KernelsOptions {
  readonly control: Address;
  readonly thread: number;
  readonly module: string;
  readonly spec: unknown;
}

// The control block, in 32-bit words. NEXT holds round * 2^16 + the next ticket, so that a worker that wakes late cannot
// draw a ticket of a round whose task it has not read.
export const ROUND = 0;
export const NEXT = 16;
export const DONE = 32;
export const TASK = 48;
export const COUNT = 49;
export const FAILED = 50;
export const ARGS = 64; // 64 doubles: what 16 heads need
export const MESSAGE = 192; // length, then UTF-16 units
export const MOST_ARGS = 64;
export const CONTROL_WORDS = 512;
const MOST_TICKETS = 0xffff;
const SPINS = 50_000; // about a third of a millisecond: longer than a step is at its integers; where others run, spinning takes their time

export interface Control {
  readonly words: Int32Array;
  readonly args: Float64Array;
}

export const controlOf = (memory: WebAssembly.Memory, at: Address): Control => ({
  words: new Int32Array(memory.buffer, at, CONTROL_WORDS),
  args: new Float64Array(memory.buffer, at + ARGS * 4, MOST_ARGS),
});

/** Draws tickets of round `round` until none is left. */
export function work({ words, args }: Control, round: number, tasks: readonly Task[]): void {
  for (;;) {
    const ticket = Atomics.load(words, NEXT);
    const index = ticket & MOST_TICKETS;
    if (ticket >>> 16 !== (round & 0xffff) || index >= Atomics.load(words, COUNT)) return;
    if (Atomics.compareExchange(words, NEXT, ticket, ticket + 1) !== ticket) continue;
    try {
      tasks[words[TASK]!]!(index, args);
    } catch (error) {
      fail(words, error);
    }
    Atomics.add(words, DONE, 1);
    Atomics.notify(words, DONE);
  }
}

function fail(words: Int32Array, error: unknown): void {
  if (Atomics.exchange(words, FAILED, 1)) return;
  const text = (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(
    0,
    300,
  );
  words[MESSAGE] = text.length;
  for (let i = 0; i < text.length; i++) words[MESSAGE + 1 + i] = text.charCodeAt(i);
}

/** Waits until words[at] differs from `value`: spinning first, then asleep. Returns what is there now. */
export function waitWhile(words: Int32Array, at: number, value: number): number {
  for (let i = 0; i < SPINS; i++) {
    const now = Atomics.load(words, at);
    if (now !== value) return now;
  }
  Atomics.wait(words, at, value);
  return Atomics.load(words, at);
}

/** Tests run the sources, which a worker of Node 20 cannot load: workers always run the built files. */
const built = (url: string): string => url.replace(/\/src\/([^/]+\/[^/]+)$/, '/dist/$1');

/** @param options.threads threads that compute, the caller's included. Workers start at the first `run` that can use them. */
export function createPool(
  options: Omit<KernelsOptions, 'memory'> & { arena: Arena; threads: number },
): Pool {
  const { kind, products, arena, threads, stack } = options;
  const at = arena.take(CONTROL_WORDS);
  const control = controlOf(arena.memory, at);
  const { words } = control;
  const stacks = Array.from({ length: threads - 1 }, () => arena.take(stack / 4) + stack);
  let workers: Worker[] = [];
  let current: { module: string; spec: unknown; tasks: readonly Task[] } | undefined;
  /** Tickets of the round that was begun; 0: none was. */
  let open = 0;

  const start = (): void => {
    const { module, spec } = current!;
    const { Worker } = createRequire(import.meta.url)(
      'node:worker_threads',
    ) as typeof import('node:worker_threads'); // what one thread can do starts sooner without
    const file = new URL(built(new URL('./worker.js', import.meta.url).href));
    workers = stacks.map((end, i) => {
      const data: WorkerData = {
        kind,
        products,
        memory: arena.memory,
        stack: end,
        control: at,
        thread: i + 1,
        module,
        spec,
      };
      const worker = new Worker(file, { workerData: data });
      worker.unref();
      worker.on('error', (error) => fail(words, error));
      return worker;
    });
  };

  function begin(task: number, count: number, args: readonly number[] = []): void {
    if (open > 0) throw new Error('a round is begun before the last was finished');
    if (count === 0) return;
    if (count >= MOST_TICKETS)
      throw new RangeError(`${count} tickets, at most ${MOST_TICKETS - 1}`);
    if (count > 1 && threads > 1 && workers.length === 0) start();
    const round = (words[ROUND]! + 1) & 0x7fffffff;
    control.args.set(args);
    // Closed first: a worker late from the last round, having read its used-up ticket, must not see the new count.
    Atomics.store(words, NEXT, ((round & 0xffff) << 16) | MOST_TICKETS);
    words[TASK] = task;
    Atomics.store(words, COUNT, count);
    Atomics.store(words, DONE, 0);
    Atomics.store(words, NEXT, (round & 0xffff) << 16);
    Atomics.store(words, ROUND, round);
    if (count > 1) Atomics.notify(words, ROUND);
    open = count;
  }

  function finish(): void {
    if (open === 0) return;
    const count = open;
    open = 0;
    work(control, words[ROUND]!, current!.tasks);
    for (let done = Atomics.load(words, DONE); done !== count; )
      done = waitWhile(words, DONE, done);
    if (words[FAILED]) {
      words[FAILED] = 0;
      throw new Error(
        String.fromCharCode(...words.subarray(MESSAGE + 1, MESSAGE + 1 + words[MESSAGE]!)),
      );
    }
  }

  return {
    threads,
    program(module, spec, tasks) {
      if (workers.length > 0) throw new Error('the program is fixed once its workers run');
      current = { module: built(module), spec, tasks };
    },
    run(task, count, args) {
      begin(task, count, args);
      finish();
    },
    begin,
    finish,
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
      workers = [];
    },
  };
}
