// Many short rounds of the built pool, in a process of its own: then a deadlock is a failed test, not one that never ends.
// Arguments: threads, rounds, number of the first round. Prints a line of JSON: all tickets, and those that workers drew.
import { threadId } from 'node:worker_threads';
import { Arena } from '../../dist/backend/arena.js';
import { loadKernels } from '../../dist/backend/load.js';
import { createPool } from '../../dist/backend/pool.js';
import { controlAt, ROUND } from '../../dist/backend/round.js';
import { createTasks } from './pool-program.js';

const [threads, rounds, first] = process.argv.slice(2).map(Number);
const stack = 65_536;
const how = { kind: 'wasm', products: 'single', stack };
const arena = new Arena(2 * stack);
const control = controlAt(arena.memory, arena.layout.end, threads); // the pool's first allocation
const pool = createPool({ ...how, arena, threads, onWarning: console.warn });
const { kernels } = loadKernels({ ...how, memory: arena.memory });
control.words[ROUND] = first;
const MOST = 256;
const spec = { counts: arena.take(MOST), threads: arena.take(MOST), arrivals: arena.take(1) };
const module = new URL('./pool-program.js', import.meta.url).href;
pool.program(module, spec, createTasks({ kernels, arena, thread: 0 }, spec));
const [COUNT, MEET, ADD] = [0, 1, 4];

const counts = arena.i32(spec.counts, MOST);
const drawers = arena.i32(spec.threads, MOST);
const sizes = [1, 2, 3, 7, 2, 1, 16, 4, 5, 64, 4, 200];
let tickets = 0;
let byWorkers = 0;
const meet = () => {
  arena.i32(spec.arrivals, 1)[0] = 0;
  pool.run(MEET, threads, [threads, 0, 0]); // all of its numbers, since the last round's are still there
  byWorkers += new Set(drawers.subarray(0, threads)).size - 1;
  counts.fill(0);
};
for (let round = 0; round < rounds; round++) {
  if (round % 1000 === 0) meet(); // all threads live, and take part now and then
  const size = sizes[round % sizes.length];
  const task = round % 3 === 0 ? COUNT : ADD;
  const args = [round, round + 1, round + 2, round + 3, round + 4];
  pool.run(task, size, args);
  for (let i = 0; i < MOST; i++) {
    const expected = i >= size ? 0 : task === COUNT ? 1 : args[1 + (i % 4)];
    if (counts[i] !== expected)
      throw new Error(`round ${round} of ${size}: ticket ${i} left ${counts[i]}, not ${expected}`);
    if (i < size && drawers[i] !== threadId) byWorkers++;
  }
  counts.fill(0);
  tickets += size;
}
console.log(JSON.stringify({ tickets, byWorkers }));
await pool.close();
