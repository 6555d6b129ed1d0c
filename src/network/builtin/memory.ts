import { Layout } from '../../backend/arena.ts';
import type { Backend } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { UserError } from '../../errors.ts';
import type { NetworkConfig } from '../config.ts';
import type { EngineOptions, TrainingOptions } from '../engine.ts';
import { type DecoderMemory, noDecoderMemory } from '../layers/decoders/decoder.ts';
import { decoderTablesSize } from '../layers/decoders/index.ts';
import { cacheWidth } from '../layers/recurrent.ts';
import { parameterSpecs } from '../network.ts';
import { FACTORS } from '../tasks/backpropagation.ts';
import { DENSE_BLOCK, ROW_BLOCK, SHARDS, type TrainingSpec } from '../tasks/spec.ts';
import { placeWeights, type Weights } from '../weights.ts';

/** Number of bytes that 32-bit offsets can address. */
const LIMIT = 2 ** 32;

/** The addresses of all data that outlives a batch. */
export interface Memory {
  readonly weights: Weights;
  /** For each head. */
  readonly decoders: readonly DecoderMemory[];
  /** (cachedTypes, cacheWidth) */
  readonly cache: Address;
  readonly training?: TrainingSpec;
}

/**
 * Lays out all data that outlives a batch, and takes zeroed memory for it from the arena.
 * @throws UserError if it needs more than 4 GiB; no memory is taken then
 */
export function takeMemory(
  { arena, panelWidth }: Backend,
  { config, training, transitions = [], cachedTypes }: EngineOptions & { cachedTypes: number },
): Memory {
  const begin = arena.layout.end;
  const weights = placeWeights(config, {
    specs: parameterSpecs(config),
    begin,
    panelWidth,
    training: training !== undefined,
  });
  const layout = new Layout(weights.end);
  const decoders = config.tags.map((K, head): DecoderMemory => {
    const allowed = transitions[head];
    const tablesSize = decoderTablesSize(config, {
      K,
      isConstrained: allowed !== undefined,
      panelWidth,
    });
    if (tablesSize === 0) return noDecoderMemory;
    return {
      allowed: allowed ? layout.take(allowed.length) : 0,
      tables: layout.take(tablesSize),
    };
  });
  const cache = layout.take(cachedTypes * cacheWidth(config));
  const spec = training && layoutTraining(layout, { config, training, weights });
  if (layout.end > LIMIT) throw tooLarge(config, { bytes: layout.end, training });
  arena.take((layout.end - begin) / 4);
  decoders.forEach((decoder, head) => {
    const allowed = transitions[head];
    if (decoder.allowed && allowed) arena.i32(decoder.allowed, allowed.length).set(allowed);
  });
  return { weights, decoders, cache, ...(spec && { training: spec }) };
}

function layoutTraining(
  layout: Layout,
  options: { config: NetworkConfig; training: TrainingOptions; weights: Weights },
): TrainingSpec {
  const { config, training, weights } = options;
  const wordSize = training.freezeWords ? 0 : config.words * config.wordDim;
  const isAdam = training.optimizer.optimizer !== 'sgd';
  const moments = (size: number): readonly [Address, Address] => [
    size > 0 ? layout.take(size) : 0,
    size > 0 && isAdam ? layout.take(size) : 0,
  ];
  const blocks =
    Math.ceil(weights.denseSize / DENSE_BLOCK) + Math.ceil(config.words / ROW_BLOCK) + 1;
  return {
    ...training,
    bptt: training.bptt ?? { kind: 'full' },
    tagWeights: config.tags.map((K, head) => (training.tagWeights?.[head] ? layout.take(K) : 0)),
    gradients: layout.take(SHARDS * weights.denseSize),
    summed: layout.take(weights.denseSize),
    factors: layout.take(SHARDS * Object.keys(weights.matrices).length * 2 * FACTORS),
    moments: moments(weights.denseSize),
    wordMoments: moments(wordSize),
    losses: layout.take(SHARDS * 16),
    squares: layout.take(4 * blocks),
  };
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function tooLarge(
  config: NetworkConfig,
  { bytes, training }: { bytes: number; training: TrainingOptions | undefined },
): UserError {
  const { words, wordDim, hidden, layers, members } = config;
  const wordBytes = words * wordDim * 4 * (training && !training.freezeWords ? 3 : 1) * members;
  const isWords = wordBytes > bytes / 2;
  const parts = isWords
    ? `${words} words of ${wordDim} dimensions`
    : `${hidden} hidden units in ${layers} layer${layers === 1 ? '' : 's'}${members > 1 ? ` of ${members} members` : ''}`;
  const remedy = isWords
    ? 'Reduce the number of words or their dimensions'
    : `Reduce the hidden units${layers > 1 ? ' or the layers' : ''}${members > 1 ? ' or the members' : ''}`;
  return new UserError(
    `a network with ${parts} needs ${gibibytes(bytes)} of memory${training ? ' for training' : ''}, and 4 GiB is the limit. ${remedy}.`,
    { code: 'SEQTAG_MEMORY', option: isWords ? 'wordDim' : 'hidden' },
  );
}
