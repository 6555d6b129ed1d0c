import { type Backend, openBackend } from '../../backend/backend.ts';
import { headName } from '../config.ts';
import type { Conversions, Engine } from '../engine.ts';
import { sizeOf } from '../parameters.ts';
import { TaskId } from '../program.ts';
import { packTickets } from '../tasks/packing.ts';
import { type BuiltinOptions, type Context, createContext, largestIn } from './context.ts';
import { createInference } from './inference.ts';
import { gradientNorms } from './probing.ts';
import { prepare } from './shards.ts';
import { createTraining } from './training.ts';

/**
 * The built-in engine: native or WebAssembly kernels over one shared memory.
 * @throws UserError if the requested kernels are not available, or the network needs more than 4 GiB
 */
export const createBuiltinEngine = (options: BuiltinOptions): Engine =>
  createEngineOver(openBackend(options.compute), options);

/** As `createBuiltinEngine`, over an open backend that has no program yet. */
export function createEngineOver(backend: Backend, options: BuiltinOptions): Engine {
  const context = createContext(backend, options);
  const { config, network, memory } = context;
  const { weights } = memory;
  const inference = createInference(context);
  const training = createTraining(context, parametersChanged);
  // biases of heads are neither packed nor used in the cache
  const biases = new Set(config.tags.map((_, head) => `${headName(head)}.bias`));
  let isPacked = true;

  function parametersChanged(): void {
    isPacked = false;
    inference.clear();
  }

  /** Packs the matrices and the tables of decoders after parameters have changed. */
  function pack(): void {
    if (isPacked) return;
    context.run(TaskId.pack, packTickets(network, weights));
    isPacked = true;
  }

  /** A view of a parameter in memory. */
  function view(name: string): Float32Array {
    const spec = weights.specs.find((s) => s.name === name);
    if (!spec) throw new RangeError(`the network has no parameter ${name}`);
    return backend.arena.f32(weights.at[name]!, sizeOf(spec.shape));
  }

  parametersChanged();
  options.readParameters?.(view, conversions(context));
  return {
    config,
    description: { kind: backend.kind, isa: backend.isa, threads: backend.pool.threads },
    parameters: weights.specs,
    maxTokens: inference.maxTokens,
    getParameter(name, into) {
      const values = view(name);
      if (!into) return values.slice();
      into.set(values);
      return into;
    },
    setParameter(name, values) {
      const target = view(name);
      if (values.length !== target.length)
        throw new RangeError(`${name} has ${target.length} values, not ${values.length}`);
      target.set(values);
      if (!biases.has(name)) parametersChanged();
    },
    prepare: (batch) => prepare(context, batch),
    trainStep(batch, step) {
      pack();
      return training.trainStep(batch, step);
    },
    gradientNorms(batch, { distance }) {
      pack();
      return gradientNorms(context, batch, distance);
    },
    getOptimizerState: training.getOptimizerState,
    setOptimizerState: training.setOptimizerState,
    emissions(batch, asked) {
      pack();
      return inference.beginEmissions(batch, asked)();
    },
    beginEmissions(batch, asked) {
      pack();
      return inference.beginEmissions(batch, asked);
    },
    close: () => backend.pool.close(),
  };
}

/** Conversions of parameters in the arena, by kernels. */
function conversions({ backend: { arena, kernels }, scratch }: Context): Conversions {
  return {
    widen: ({ byteOffset, length }) => kernels.widen_halves(byteOffset, length),
    largest({ byteOffset, length }) {
      arena.reserve(scratch + 16);
      const measured = arena.f64(scratch, 2).fill(0);
      kernels.measure(scratch, byteOffset, length);
      return largestIn(measured);
    },
  };
}
