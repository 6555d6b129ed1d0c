import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { threadId } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Backend,
  type BackendKind,
  hasNative,
  openBackend,
} from '../../src/backend/backend.ts';
import type { Task, TaskContext } from '../../src/backend/pool.ts';

const module = new URL('./pool-program.js', import.meta.url).href;
const { createTasks } = (await import(module)) as {
  createTasks(context: TaskContext, spec: unknown): Task[];
};
const Id = { count: 0, meet: 1, fail: 2, mutter: 3 } as const;
const kinds: BackendKind[] = hasNative() ? ['wasm', 'native'] : ['wasm'];
const MOST = 65_534;

let opened: Backend[] = [];
afterEach(async () => {
  await Promise.all(opened.map(({ pool }) => pool.close()));
  opened = [];
});

/** A backend that runs `pool-program.js`. `counts` and `drawers` are views of what its tickets write. */
function open(kind: BackendKind, threads: number, onWarning?: (warning: string) => void) {
  const backend = openBackend({ backend: kind, threads, ...(onWarning && { onWarning }) });
  opened.push(backend);
  const { arena, pool } = backend;
  const spec = { counts: arena.take(MOST), threads: arena.take(MOST), arrivals: arena.take(1) };
  pool.program(module, spec, createTasks({ ...backend, thread: 0 }, spec));
  return {
    ...backend,
    counts: arena.i32(spec.counts, MOST),
    drawers: arena.i32(spec.threads, MOST),
    /** Runs `meet` with one ticket per thread, so that all threads take part. */
    meet(from = 0, to = 0): void {
      arena.i32(spec.arrivals, 1)[0] = 0;
      pool.run(Id.meet, threads, [threads, from, to]);
    },
  };
}

describe.each(kinds)('%s', (kind) => {
  it.each([1, 2, 3, 5])('%i threads take part, and workers stay the same', (threads) => {
    const { drawers, counts, meet } = open(kind, threads);
    meet();
    const first = new Set(drawers.subarray(0, threads));
    expect(first.size).toBe(threads);
    expect(first).toContain(threadId);
    expect([...counts.subarray(0, threads + 1)]).toEqual([...Array(threads).fill(1), 0]);
    meet();
    expect(new Set(drawers.subarray(0, threads))).toEqual(first);
  });

  it('running threads see memory that has grown since, through kernels and views', () => {
    const threads = 3;
    const { arena, meet } = open(kind, threads);
    meet();
    const begin = arena.memory.buffer.byteLength;
    for (let growth = 1; growth <= 25; growth++) {
      const size = arena.memory.buffer.byteLength;
      arena.reserve(size + 65_536);
      const end = arena.memory.buffer.byteLength;
      expect(end).toBeGreaterThan(size);
      const from = end - 16;
      const to = size;
      arena.f32(from, 4).set([growth, 2, 3, 4]);
      meet(from, to);
      const twice = [2 * growth, 4, 6, 8];
      expect([...arena.f32(to, 4 * threads)]).toEqual([...twice, ...twice, ...twice]);
    }
    expect(arena.memory.buffer.byteLength).toBeGreaterThan(8 * begin);
  });
});

describe('run', () => {
  it('does nothing for 0 tickets; 1 ticket starts no worker', () => {
    const { pool, counts, drawers } = open('wasm', 2);
    pool.run(Id.count, 0);
    expect(counts.every((n) => n === 0)).toBe(true);
    for (let i = 0; i < 50; i++) pool.run(Id.count, 1);
    expect([...counts.subarray(0, 2)]).toEqual([50, 0]);
    expect(drawers[0]).toBe(threadId); // workers start at the first round of two tickets
  });

  it('can be split into begin and finish, one round at a time', () => {
    for (const threads of [1, 2]) {
      const { pool, counts } = open('wasm', threads);
      pool.begin(Id.count, 20);
      expect(() => pool.begin(Id.count, 1)).toThrow('begun before the previous one was finished');
      pool.finish();
      expect([...counts.subarray(0, 21)]).toEqual([...Array(20).fill(1), 0]);
      pool.finish(); // nothing to do
      pool.run(Id.count, 1);
      expect(counts[0]).toBe(2);
    }
  });

  it('refuses more than 65,534 tickets', () => {
    const { pool, counts } = open('wasm', 1);
    expect(() => pool.run(Id.count, 65_535)).toThrow('65535 tickets, at most 65534');
    expect(counts[0]).toBe(0);
    pool.run(Id.count, 65_534);
    expect(counts.every((n) => n === 1)).toBe(true);
  });

  it('keeps its program once workers run; before, the program can be replaced', () => {
    const { pool, meet } = open('wasm', 2);
    pool.program(module, {}, []);
    expect(() => pool.run(Id.count, 1)).toThrow();
    const other = open('wasm', 2);
    other.meet();
    expect(() => other.pool.program(module, {}, [])).toThrow('the program is fixed');
    expect(meet).toBeDefined();
  });

  it('starts new workers after close', async () => {
    const { pool, meet, drawers } = open('wasm', 2);
    meet();
    const before = new Set(drawers.subarray(0, 2));
    await pool.close();
    meet();
    const after = new Set(drawers.subarray(0, 2));
    expect(after.size).toBe(2);
    expect(after).not.toEqual(before);
  });
});

describe('errors', () => {
  it.each([1, 2, 3])('of a task reach the caller, and %i threads continue', (threads) => {
    const { pool, counts, meet } = open('wasm', threads);
    meet();
    counts.fill(0);
    for (let round = 0; round < 20; round++) {
      expect(() => pool.run(Id.fail, 8, [7, 3])).toThrow('Error: ticket 7 of ééé fails');
      expect([...counts.subarray(0, 8)]).toEqual([...Array(7).fill(round + 1), 0]);
    }
    expect(() => pool.run(Id.fail, 8, [0, 0])).toThrow(/ticket \d of none fails/); // one of eight
    counts.fill(0);
    pool.run(Id.count, 8); // the errors are forgotten
    meet();
    expect([...counts.subarray(0, 8)]).toEqual([
      ...Array(threads).fill(2),
      ...Array(8 - threads).fill(1),
    ]);
  });

  it('a long message is cut; a thrown value that is no Error is reported too', () => {
    const { pool } = open('wasm', 2);
    expect(() => pool.run(Id.fail, 2, [0, 5000])).toThrow(/^Error: ticket \d of é{270,290}$/);
    expect(() => pool.run(Id.mutter, 2)).toThrow(/^a string$/);
  });

  it('of a worker that cannot start reach the caller', async () => {
    const { pool, arena } = openBackend({ backend: 'wasm', threads: 2 });
    const at = arena.take(1);
    const missing = new URL('./no-such-program.js', import.meta.url).href;
    pool.program(missing, {}, [() => arena.i32(at, 1)[0]!++]);
    let message = '';
    for (let attempt = 0; attempt < 200 && message === ''; attempt++) {
      try {
        pool.run(0, 2);
      } catch (error) {
        message = (error as Error).message;
      }
      await new Promise((resolve) => setTimeout(resolve, 10)); // the error arrives as an event
    }
    expect(message).toContain('no-such-program.js');
    const before = arena.i32(at, 1)[0]!;
    pool.run(0, 5);
    expect(arena.i32(at, 1)[0]).toBe(before + 5);
    await pool.close();
  });
});

describe('threads', () => {
  it('one that ends in the middle of a ticket is an error soon, and no endless wait', async () => {
    const script = fileURLToPath(new URL('./pool-death.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 20_000 });
    const { code, message, milliseconds } = JSON.parse(stdout) as Record<string, unknown>;
    expect(code).toBe('SEQTAG_THREAD');
    expect(message).toContain('a thread ended while it computed');
    expect(milliseconds).toBeLessThan(10_000);
  });

  /** Replaces the class of workers while `use` runs. */
  async function withWorker(Worker: unknown, use: () => void | Promise<void>): Promise<void> {
    const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: unknown };
    const { Worker: real } = threads;
    threads.Worker = Worker;
    try {
      await use();
    } finally {
      threads.Worker = real;
    }
  }
  const refusal = Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' });

  it.each([
    [
      'at once',
      class {
        constructor() {
          throw refusal;
        }
      },
    ],
    [
      'later',
      class {
        unref(): void {}
        terminate(): void {}
        on(event: string, listen: (error: Error) => void): void {
          if (event === 'error') setImmediate(() => listen(refusal));
        }
      },
    ],
  ])('that the system refuses %s are done without, with one warning', async (_, Worker) => {
    await withWorker(Worker, async () => {
      const warnings: string[] = [];
      const { pool, counts } = open('wasm', 3, (warning) => warnings.push(warning));
      for (let round = 1; round <= 3; round++) {
        pool.run(Id.count, 5);
        expect([...counts.subarray(0, 6)]).toEqual([...Array(5).fill(round), 0]);
        await new Promise(setImmediate);
        await new Promise(setImmediate);
      }
      expect(warnings).toEqual([expect.stringContaining('some of 3 threads could not start')]);
      expect(warnings[0]).toContain('EAGAIN');
    });
  });

  it('that cannot start for another reason are an error', async () => {
    class Broken {
      constructor() {
        throw new TypeError('no such option');
      }
    }
    await withWorker(Broken, () => {
      const { pool } = open('wasm', 2);
      expect(() => pool.run(Id.count, 2)).toThrow('no such option');
    });
  });
});

describe('thousands of short rounds', () => {
  const script = fileURLToPath(new URL('./pool-rounds.js', import.meta.url));
  // The number of a round has 16 bits beside its tickets: it overflows in the middle of the test.
  it.each([1, 2, 3, 5])('each ticket once, %i threads', async (threads) => {
    const rounds = 6000;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [script, `${threads}`, `${rounds}`, `${65_536 - rounds / 2}`],
      { timeout: 25_000 },
    );
    const { tickets, byWorkers } = JSON.parse(stdout) as { tickets: number; byWorkers: number };
    expect(tickets).toBe((rounds / 12) * 309);
    if (threads === 1) expect(byWorkers).toBe(0);
    else expect(byWorkers).toBeGreaterThanOrEqual((threads - 1) * Math.ceil(rounds / 1000));
  });
});
