// A worker ends in the middle of a ticket. In a process of its own, so that a pool that waits for ever is a failed test.
// Prints a line of JSON: the error, and after how many milliseconds it came.
import { openBackend } from '../../dist/backend/backend.js';
import { createTasks } from './pool-program.js';

const { arena, pool, kernels } = openBackend({ backend: 'wasm', threads: 2 });
const spec = { counts: arena.take(8), threads: arena.take(8), arrivals: arena.take(1) };
pool.program(
  new URL('./pool-program.js', import.meta.url).href,
  spec,
  createTasks({ kernels, arena, thread: 0 }, spec),
);
const END = 5;
const begin = performance.now();
try {
  pool.run(END, 2);
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message, milliseconds: performance.now() - begin }));
}
await pool.close();
