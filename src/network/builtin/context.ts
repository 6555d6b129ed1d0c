import type { Backend } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { Numbering, type Types } from '../batch.ts';
import { moduleOf } from '../cells/clockwork.ts';
import type { NetworkConfig } from '../config.ts';
import type { TrainingOptions } from '../engine.ts';
import { type DecoderMemory, noDecoderMemory } from '../layers/decoders/decoder.ts';
import { decoderTablesSize } from '../layers/decoders/index.ts';
import { cacheWidth } from '../layers/recurrent.ts';
import { type Network, parameterSpecs } from '../network.ts';
import { createTasks, placedNetwork } from '../program.ts';
import {
  DENSE_BLOCK,
  type ProgramSpec,
  ROW_BLOCK,
  SHARDS,
  type TrainingSpec,
} from '../tasks/spec.ts';
import { placeWeights, type Weights } from '../weights.ts';

export interface EngineOptions {
  readonly backend: Backend;
  readonly config: NetworkConfig;
  /** Left out where the network only tags. */
  readonly training?: TrainingOptions;
  /** For each head, the links that its paths may take, as `allowedTransitions` gives them; undefined: all. */
  readonly allowed?: readonly (Int32Array | undefined)[];
  /** Types that the cache holds. */
  readonly cacheSize?: number;
  /** So many tokens are tagged by this thread alone before others are started. Default: 0. */
  readonly alone?: number;
}

/** What all parts of the engine work with. */
export interface Context {
  readonly backend: Backend;
  readonly config: NetworkConfig;
  readonly network: Network;
  readonly weights: Weights;
  readonly training?: TrainingOptions | undefined;
  readonly trainingSpec?: TrainingSpec | undefined;
  readonly cacheSize: number;
  /** Where scratch space begins, which is laid out anew for every batch. */
  readonly scratch: Address;
  /** Numbers the types of a table; it is the same as long as the table is. */
  numberingFor(types: Types): Numbering;
  begin(task: number, count: number, args: readonly number[]): void;
  run(task: number, count: number, args?: readonly number[]): void;
  /** So many tokens more were tagged. */
  countTagged(tokens: number): void;
}

/** Places everything in the backend's arena. Parameters are 0 until written. */
export function createContext(options: EngineOptions): Context {
  const { backend, config, training, cacheSize = 8192 } = options;
  const { arena, pool, kernels, panelWidth } = backend;
  const weights: Weights = placeWeights(config, {
    specs: parameterSpecs(config),
    begin: arena.layout.end,
    panelWidth,
    training: training !== undefined,
  });
  arena.take((weights.end - arena.layout.end) / 4);
  if (weights.modules) {
    const sizes = { H: config.hidden, modules: config.periods.length };
    const modules = arena.i32(weights.modules, config.hidden);
    modules.forEach((_, unit) => {
      modules[unit] = 1 << moduleOf(unit, sizes);
    });
  }
  const decoders = config.tags.map((K, head) =>
    placeDecoder({ backend, config }, K, options.allowed?.[head]),
  );
  const cache = arena.take(cacheSize * cacheWidth(config));
  const wordSize = config.words * config.wordDim;
  const denseBlocks = Math.ceil(weights.denseSize / DENSE_BLOCK);
  const take = (n: number): Address => arena.take(n);
  const pair = (n: number): readonly [Address, Address] => [take(n), take(n)];
  const trainingSpec: TrainingSpec | undefined = training && {
    ...training,
    bptt: training.bptt ?? { kind: 'full' },
    tagWeights: config.tags.map((K, head) => {
      const weights = training.tagWeights?.[head];
      if (!weights) return 0;
      const at = take(K);
      arena.f32(at, K).set(config.decoder === 'crf' ? weights.map(Math.log) : weights);
      return at;
    }),
    gradients: take(SHARDS * weights.denseSize),
    summed: take(weights.denseSize),
    factors: take(SHARDS * Object.keys(weights.matrices).length * 6),
    moments: pair(weights.denseSize),
    wordMoments: pair(wordSize),
    losses: take(SHARDS * 16),
    squares: take(4 * (denseBlocks + Math.ceil(config.words / ROW_BLOCK) + 1)),
  };
  const spec: ProgramSpec = {
    config,
    weights,
    panelWidth,
    cache,
    decoders,
    ...(trainingSpec && { training: trainingSpec }),
  };
  const tasks = createTasks({ kernels, arena, thread: 0 }, spec);
  pool.program(new URL('../program.js', import.meta.url).href, spec, tasks);
  /** Tokens still to be tagged before other threads are worth their start. */
  let alone = options.alone ?? 0;
  const begin = (task: number, count: number, args: readonly number[]): void => {
    if (alone <= 0) pool.begin(task, count, args);
    else for (let i = 0; i < count; i++) tasks[task]!(i, Float64Array.from(args));
  };
  const run = (task: number, count: number, args: readonly number[] = []): void => {
    begin(task, count, args);
    pool.finish();
  };

  let typeNumbering = new Numbering(0);
  let numbered: Types | undefined;
  return {
    backend,
    config,
    network: placedNetwork(spec),
    weights,
    training,
    trainingSpec,
    cacheSize,
    scratch: arena.layout.end,
    numberingFor(types) {
      if (numbered !== types) {
        typeNumbering = new Numbering(types.words.length);
        numbered = types;
      }
      return typeNumbering;
    },
    begin,
    run,
    countTagged(tokens) {
      alone -= tokens;
    },
  };
}

/** Memory for the decoder of a head of K tags. */
function placeDecoder(
  { backend: { arena, panelWidth }, config }: { backend: Backend; config: NetworkConfig },
  K: number,
  allowed: Int32Array | undefined,
): DecoderMemory {
  const isConstrained = allowed !== undefined;
  const tablesSize = decoderTablesSize(config, { K, isConstrained, panelWidth });
  if (tablesSize === 0) return noDecoderMemory;
  const memory = {
    allowed: allowed ? arena.take(allowed.length) : 0,
    tables: arena.take(tablesSize),
  };
  if (allowed) arena.i32(memory.allowed, allowed.length).set(allowed);
  return memory;
}
