import type { Task, TaskContext } from '../backend/pool.ts';
import { memberCacheWidth } from './layers/recurrent.ts';
import { createNetwork, type Network } from './network.ts';
import { backpropagateTask } from './tasks/backpropagation.ts';
import { encodeTask, inferTask } from './tasks/inference.ts';
import { packTask } from './tasks/packing.ts';
import { probeTask } from './tasks/probing.ts';
import type { ProgramSpec } from './tasks/spec.ts';
import { multiplyTask, reduceTask, updateTask } from './tasks/update.ts';
import { placedParameters } from './weights.ts';

/** Where threads load this module from: in `dist/bundle` this code may be in another file, but the entry lies beside it. */
export const programUrl = new URL('./program.js', import.meta.url).href;

/** Indices in the list that `createTasks` returns. */
export const TaskId = {
  backpropagate: 0,
  multiply: 1,
  reduce: 2,
  update: 3,
  pack: 4,
  encode: 5,
  infer: 6,
  probe: 7,
} as const;

/** A network, or the member with index `member` of an ensemble, over its parameters in memory. */
export const placedNetwork = (
  { config, weights, panelWidth, decoders, training }: ProgramSpec,
  member = 0,
): Network =>
  createNetwork({
    ...{ config, panelWidth, decoders, training, member },
    parameters: placedParameters(weights, { members: config.members, member }),
    modules: weights.modules,
  });

/**
 * The tasks of a network. Every thread of the pool creates them. In an ensemble, a ticket runs the tasks of all members
 * one after another. Each member has a part of every cache row, and adds its scores to those of the previous members.
 * The last member decodes the tags.
 */
export function createTasks(context: TaskContext, spec: ProgramSpec): Task[] {
  const { config } = spec;
  const members = Array.from({ length: config.members }, (_, member) =>
    createMemberTasks(context, spec, member),
  ) as [Task[], ...Task[][]];
  if (members.length === 1) return members[0];
  return members[0].map(
    (_, id): Task =>
      (index, args) => {
        for (const tasks of members) tasks[id]!(index, args);
      },
  );
}

function createMemberTasks(context: TaskContext, spec: ProgramSpec, member: number): Task[] {
  const { config, weights } = spec;
  const network = placedNetwork(spec, member);
  const cache = spec.cache + member * memberCacheWidth(config) * 4;
  return [
    backpropagateTask(context, spec, network),
    multiplyTask(context, spec),
    reduceTask(context, spec, network),
    updateTask(context, spec),
    packTask(context, weights, network, member),
    encodeTask(context, { config, cache }, network),
    inferTask(context, { config, cache }, network, member),
    probeTask(context, spec, network),
  ];
}
