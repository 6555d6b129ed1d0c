import type { Engine } from '../engine.ts';
import { sizeOf } from '../parameters.ts';
import { TaskId } from '../program.ts';
import { packTickets } from '../tasks/packing.ts';
import { createContext, type EngineOptions } from './context.ts';
import { createInference } from './inference.ts';
import { gradientNorms } from './probing.ts';
import { prepare } from './shards.ts';
import { createTraining } from './training.ts';

/** Places everything in the backend's arena. Parameters are 0 until written. */
export function createEngine(options: EngineOptions): Engine {
  const context = createContext(options);
  const { backend, config, network, weights } = context;
  const { arena, pool } = backend;
  const inference = createInference(context);
  function weightsChanged(): void {
    context.run(TaskId.pack, packTickets(network, weights));
    inference.clearCache();
  }
  const { trainStep, optimizerState, restoreOptimizer } = createTraining(context, weightsChanged);
  return {
    config,
    specs: weights.specs,
    parameter: (name) => {
      const spec = weights.specs.find((s) => s.name === name);
      if (!spec) throw new Error(`no parameter ${name}`);
      return arena.f32(weights.at[name]!, sizeOf(spec.shape));
    },
    weightsChanged,
    trainStep,
    prepare: (batch, reading) => prepare(context, batch, reading),
    gradientNorms: (batch, asked) => gradientNorms(context, batch, asked),
    optimizerState,
    restoreOptimizer,
    capacity: context.cacheSize,
    get cached() {
      return inference.cached;
    },
    encode: inference.encode,
    clearCache: inference.clearCache,
    infer: (...batch) => inference.beginInfer(...batch)(),
    beginInfer: inference.beginInfer,
    close: () => pool.close(),
  };
}
