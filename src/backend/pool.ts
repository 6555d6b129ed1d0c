import { createRequire } from 'node:module';
import type { MessagePort, Worker } from 'node:worker_threads';
import { UserError } from '../errors.ts';
import type { Arena } from './arena.ts';
import type { Address } from './kernels.ts';
import type { KernelsOptions } from './load.ts';
import {
  COUNT,
  controlAt,
  controlWords,
  DONE,
  isBusy,
  MOST_TICKETS,
  NEXT,
  ROUND,
  reportFailure,
  TASK,
  type Task,
  takeFailure,
  waitWhile,
  work,
} from './round.ts';

export type { Task, TaskContext } from './round.ts';

/**
 * Threads over one arena. `run` splits work into `count` tickets. Any thread, including the calling one, may draw any
 * ticket. The result of a ticket must not depend on its thread or on the order of tickets, so that results do not
 * depend on the number of threads.
 */
export interface Pool {
  /** Requested number of threads. Fewer run if the system refuses to start some. */
  readonly threads: number;
  /**
   * Sets the tasks. `module` (a file URL) exports `createTasks(context, spec): Task[]`, which every worker calls once.
   * `tasks` are the tasks of the calling thread.
   */
  program(module: string, spec: unknown, tasks: readonly Task[]): void;
  /**
   * Computes `count` tickets of a task and returns when all are done.
   * @throws Error with the message of a ticket that threw.
   * @throws UserError (`SEQTAG_THREAD`) if a thread ended before it had finished its ticket.
   */
  run(task: number, count: number, args?: readonly number[]): void;
  /** The first half of `run`: other threads draw tickets while the calling thread continues. */
  begin(task: number, count: number, args?: readonly number[]): void;
  /** The second half of `run`: draws the remaining tickets and returns when all are done. */
  finish(): void;
  close(): Promise<void>;
}

export interface WorkerData extends KernelsOptions {
  readonly control: Address;
  readonly thread: number;
  readonly threads: number;
  readonly module: string;
  readonly spec: unknown;
}

export interface PoolOptions extends Omit<KernelsOptions, 'memory' | 'stack'> {
  readonly arena: Arena;
  /** Number of threads, the calling one included. Workers start with the first `run` that can use them. */
  readonly threads: number;
  /** Bytes of a worker's WebAssembly stack. */
  readonly stack: number;
  /** Receives one line if some threads could not start. */
  readonly onWarning: (warning: string) => void;
}

/** Milliseconds of waiting after which the pool checks whether its threads are still alive. */
const PATIENCE = 500;

/** Error codes of a system that cannot start another thread. */
const noRoom = new Set(['ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY', 'EAGAIN', 'ENOMEM']);
const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

/** The built file for a source file: tests run the sources, which a worker of Node 20 cannot load. */
const built = (url: string): string => url.replace(/\/src\/([^/]+\/[^/]+)$/, '/dist/$1');

/**
 * Tells whether a worker is alive. A thread that computes receives no events, so this uses a channel: the pool keeps
 * one end, the worker the other. When the worker ends, for any reason, both ends close, and a closed port cannot be
 * transferred.
 */
function lifeline(): { port: MessagePort; isCut(): boolean } {
  const { MessageChannel, receiveMessageOnPort } = workerThreads();
  const { port1, port2 } = new MessageChannel();
  let mine = port1;
  const isCut = (): boolean => {
    receiveMessageOnPort(mine); // updates the state of the port if the other end is closed
    try {
      mine = structuredClone(mine, { transfer: [mine] });
      return false;
    } catch {
      return true;
    }
  };
  const canTell = !isCut(); // some runtimes cannot transfer ports
  return { port: port2, isCut: () => canTell && isCut() };
}

// loaded on demand, to start faster with one thread
const workerThreads = (): typeof import('node:worker_threads') =>
  createRequire(import.meta.url)('node:worker_threads');

export function createPool(options: PoolOptions): Pool {
  const { kind, products, arena, threads, stack, onWarning } = options;
  const at = arena.take(controlWords(threads));
  const control = controlAt(arena.memory, at, threads);
  const { words } = control;
  const stacks = Array.from({ length: threads - 1 }, () => arena.take(stack / 4) + stack);
  let workers: { worker: Worker; thread: number; isCut(): boolean }[] = [];
  let started = false;
  let warned = false;
  let current: { module: string; spec: unknown; tasks: readonly Task[] } | undefined;
  /** Number of tickets of the current round; 0 if there is none. */
  let open = 0;

  const goOnWithFewer = (error: unknown): void => {
    if (!warned)
      onWarning(
        `some of ${threads} threads could not start, so fewer are used (${(error as Error).message}). Use fewer threads, or allow more processes and memory.`,
      );
    warned = true;
  };

  const startWorker = (end: Address, thread: number): void => {
    const { module, spec } = current!;
    const { memory } = arena;
    const { Worker } = workerThreads();
    const { port, isCut } = lifeline();
    const data: WorkerData & { lifeline: MessagePort } = {
      ...{ kind, products, memory, stack: end, control: at, thread, threads, module, spec },
      lifeline: port,
    };
    const file = new URL(built(new URL('./worker.js', import.meta.url).href));
    const worker = new Worker(file, { workerData: data, transferList: [port] });
    workers.push({ worker, thread, isCut });
    worker.unref();
    worker.on('error', (error) => {
      if (noRoom.has(codeOf(error) as string) && !isBusy(words, thread)) goOnWithFewer(error);
      else reportFailure(words, error);
    });
  };

  const start = (): void => {
    started = true;
    try {
      stacks.forEach((end, i) => {
        startWorker(end, i + 1);
      });
    } catch (error) {
      if (!noRoom.has(codeOf(error) as string)) throw error;
      goOnWithFewer(error);
    }
  };

  function begin(task: number, count: number, args: readonly number[] = []): void {
    if (open > 0) throw new Error('a round was begun before the previous one was finished');
    if (count === 0) return;
    if (count >= MOST_TICKETS)
      throw new RangeError(`${count} tickets, at most ${MOST_TICKETS - 1}`);
    if (count > 1 && threads > 1 && !started) start();
    const round = (words[ROUND]! + 1) & 0x7fffffff;
    control.args.set(args);
    // No ticket can be drawn while the block changes: a late worker of the last round must not see the new count.
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
    work(control, { round: words[ROUND]!, tasks: current!.tasks, thread: 0 });
    for (let done = Atomics.load(words, DONE); done !== count; ) {
      const now = waitWhile(words, { at: DONE, value: done, patience: PATIENCE });
      if (now === done && workers.some(({ thread, isCut }) => isBusy(words, thread) && isCut()))
        throw new UserError(
          'a thread ended while it computed, perhaps because memory ran out. Use fewer threads or smaller batches.',
          { code: 'SEQTAG_THREAD' },
        );
      done = now;
    }
    const failure = takeFailure(words);
    if (failure !== undefined) throw new Error(failure);
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
      const ending = workers;
      workers = [];
      started = false;
      await Promise.all(ending.map(({ worker }) => worker.terminate()));
    },
  };
}
