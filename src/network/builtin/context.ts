import type { Layout } from '../../backend/arena.ts';
import type { Backend, BackendOptions } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { UserError } from '../../errors.ts';
import { Numbering } from '../batch.ts';
import { moduleOf } from '../cells/clockwork.ts';
import type { NetworkConfig } from '../config.ts';
import type { EngineOptions, TrainingOptions, WordTypes } from '../engine.ts';
import { cacheWidth } from '../layers/recurrent.ts';
import type { Network } from '../network.ts';
import { createTasks, placedNetwork, programUrl } from '../program.ts';
import type { ProgramSpec } from '../tasks/spec.ts';
import { type Memory, takeMemory } from './memory.ts';

export interface BuiltinOptions extends EngineOptions {
  readonly compute?: BackendOptions;
  /** Capacity of the cache, in word types. Default: as many as fit into 32 MiB, at least 1024. */
  readonly cachedTypes?: number;
  /**
   * Number of tokens that the calling thread tags before it starts other threads, because starting them takes time.
   * Default: 0.
   */
  readonly singleThreadTokens?: number;
}

/** State that all parts of the engine use. */
export interface Context {
  readonly backend: Backend;
  readonly config: NetworkConfig;
  /** The network, or the first member of an ensemble. Its layers lay out the batches of all members. */
  readonly network: Network;
  readonly memory: Memory;
  readonly training: TrainingOptions | undefined;
  readonly cachedTypes: number;
  /** The arena is scratch space from this address on. Every batch has its own layout there. */
  readonly scratch: Address;
  /** Returns the numbering for the types of a table. */
  numberingFor(types: WordTypes): Numbering;
  /**
   * Grows the arena to the end of the layout.
   * @throws UserError if there is not enough memory
   */
  reserve(layout: Layout): void;
  /** Begins a task on all threads. Runs it on this thread until `singleThreadTokens` tokens were tagged. */
  begin(task: number, count: number, args: readonly number[]): void;
  run(task: number, count: number, args?: readonly number[]): void;
  countTagged(tokens: number): void;
}

/** The largest magnitude that the kernel `measure` found; NaN if there was a NaN. */
export const largestIn = (measured: Float64Array): number =>
  Number.isNaN(measured[0]) ? Number.NaN : measured[1]!;

const CACHE_BYTES = 32 * 2 ** 20;

/** Reserves the network's memory and gives the program to the threads. All parameters are 0. */
export function createContext(backend: Backend, options: BuiltinOptions): Context {
  const { config, training } = options;
  const { arena, pool, kernels, panelWidth } = backend;
  const cachedTypes =
    options.cachedTypes ?? Math.max(1024, Math.floor(CACHE_BYTES / (4 * cacheWidth(config))));
  const memory = takeMemory(backend, { ...options, cachedTypes });
  const { weights } = memory;
  if (weights.modules) {
    const sizes = { H: config.hidden, modules: config.periods.length };
    const modules = arena.i32(weights.modules, config.hidden);
    modules.forEach((_, unit) => {
      modules[unit] = 1 << moduleOf(unit, sizes);
    });
  }
  memory.training?.tagWeights.forEach((at, head) => {
    const tagWeights = training!.tagWeights?.[head];
    if (tagWeights)
      arena
        .f32(at, tagWeights.length)
        .set(config.decoder === 'crf' ? tagWeights.map(Math.log) : tagWeights);
  });
  const spec: ProgramSpec = {
    config,
    weights,
    panelWidth,
    cache: memory.cache,
    decoders: memory.decoders,
    ...(memory.training && { training: memory.training }),
  };
  const tasks = createTasks({ kernels, arena, thread: 0 }, spec);
  pool.program(programUrl, spec, tasks);
  let singleThreadTokens = options.singleThreadTokens ?? 0;
  function begin(task: number, count: number, args: readonly number[]): void {
    if (singleThreadTokens <= 0) pool.begin(task, count, args);
    else for (let i = 0; i < count; i++) tasks[task]!(i, Float64Array.from(args));
  }

  let typeNumbering = new Numbering(0);
  let numbered: WordTypes | undefined;
  return {
    backend,
    config,
    network: placedNetwork(spec),
    memory,
    training,
    cachedTypes,
    scratch: arena.layout.end,
    numberingFor(types) {
      const count = types.words.length;
      if (numbered !== types || typeNumbering.size < count) {
        typeNumbering = new Numbering(numbered === types ? 2 * count : count);
        numbered = types;
      }
      return typeNumbering;
    },
    reserve({ end }) {
      try {
        arena.reserve(end);
      } catch (cause) {
        throw new UserError(
          `a batch needs more memory than there is (${Math.ceil(end / 2 ** 20)} MiB with the network). Use smaller batches, shorter sentences or a smaller network.`,
          { code: 'SEQTAG_MEMORY', cause },
        );
      }
    },
    begin,
    run(task, count, args = []) {
      begin(task, count, args);
      pool.finish();
    },
    countTagged(tokens) {
      singleThreadTokens -= tokens;
    },
  };
}
