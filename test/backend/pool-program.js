// Tasks for the tests of the pool. Plain JavaScript, which workers can load directly.
import { threadId } from 'node:worker_threads';

const PATIENCE = 10_000; // milliseconds to wait for a thread

/** The spec has addresses: of `counts`, a word per ticket; of `threads`, the thread that drew each ticket; of `arrivals`, a word. */
export function createTasks({ kernels, arena, thread }, { counts, threads, arrivals }) {
  const word = (at, index = 0) => arena.i32(at + index * 4, 1);

  // Counts the ticket and records the thread that drew it.
  const count = (index) => {
    Atomics.add(word(counts, index), 0, 1);
    word(threads, index)[0] = threadId;
  };

  // Returns when args[0] tickets are drawn and not done: then as many threads take part. args[1] and args[2], if not 0, are
  // addresses: each ticket adds the four floats at the first to four floats at the second, by a kernel and by a view.
  const meet = (index, args) => {
    const [expected, from, to] = args;
    count(index);
    const here = word(arrivals);
    Atomics.add(here, 0, 1);
    Atomics.notify(here, 0);
    for (let n = Atomics.load(here, 0); n < expected; n = Atomics.load(here, 0))
      if (Atomics.wait(here, 0, n, PATIENCE) === 'timed-out') throw new Error('nobody came');
    if (!from) return;
    kernels.column_sums(to + index * 16, from, 1, 4, 4);
    const sums = arena.f32(to + index * 16, 4);
    arena.f32(from, 4).forEach((x, i) => {
      sums[i] += x;
    });
  };

  // Throws for tickets from args[0] on.
  const fail = (index, args) => {
    if (index >= args[0]) throw new Error(`ticket ${index} of ${spell(args[1])} fails`);
    count(index);
  };
  const spell = (n) => (n > 0 ? '\u00e9'.repeat(n) : 'none');

  // Throws a value that is no Error.
  const mutter = () => {
    throw 'a string';
  };

  // Adds args[1 + index % 4] to the word of the ticket, which shows the round whose numbers the ticket got.
  const add = (index, args) => {
    Atomics.add(word(counts, index), 0, args[1 + (index % 4)]);
    word(threads, index)[0] = threadId;
  };

  // The first worker that draws a ticket ends in the middle of it; the calling thread waits for that.
  const end = (index) => {
    const here = word(arrivals);
    if (thread > 0) {
      Atomics.store(here, 0, 1);
      Atomics.notify(here, 0);
      process.exit(); // of a worker: ends its thread
    }
    if (Atomics.wait(here, 0, 0, PATIENCE) === 'timed-out') throw new Error('nobody came');
    count(index);
  };

  return [count, meet, fail, mutter, add, end];
}
