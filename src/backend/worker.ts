// A thread of the pool. It loads the kernels and the program, then draws tickets, round after
// round.
import { workerData } from 'node:worker_threads';
import { Arena } from './arena.ts';
import { loadKernels } from './load.ts';
import type { WorkerData } from './pool.ts';
import { controlAt, ROUND, type Task, type TaskContext, waitWhile, work } from './round.ts';

const { memory, control: at, thread, threads, module, spec, ...how } = workerData as WorkerData;
const { kernels } = loadKernels({ ...how, memory });
const { createTasks } = (await import(module)) as {
  createTasks(context: TaskContext, spec: unknown): Task[];
};
const tasks = createTasks({ kernels, arena: new Arena(0, memory), thread }, spec);
const control = controlAt(memory, at, threads);
for (let round = 0; ; ) {
  round = waitWhile(control.words, { at: ROUND, value: round });
  work(control, { round, tasks, thread });
}
