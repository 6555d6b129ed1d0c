// A thread of the pool: loads the kernels and the program, then draws tickets, round after round.
import { workerData } from 'node:worker_threads';
import { Arena } from './arena.ts';
import { loadKernels } from './backend.ts';
import {
  controlOf,
  ROUND,
  type Task,
  type TaskContext,
  type WorkerData,
  waitWhile,
  work,
} from './pool.ts';

const { memory, control: at, thread, module, spec, ...how } = workerData as WorkerData;
const { kernels } = loadKernels({ ...how, memory });
const { createTasks } = (await import(module)) as {
  createTasks(context: TaskContext, spec: unknown): Task[];
};
const tasks = createTasks({ kernels, arena: new Arena(0, memory), thread }, spec);
const control = controlOf(memory, at);
for (let round = 0; ; ) {
  round = waitWhile(control.words, ROUND, round);
  work(control, round, tasks);
}
