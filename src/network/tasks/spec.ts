import type { Address } from '../../backend/kernels.ts';
import type { NetworkConfig } from '../config.ts';
import type { OptimizerOptions } from '../engine.ts';
import type { DecoderMemory } from '../layers/decoders/decoder.ts';
import type { TrainingContext } from '../layers/layer.ts';
import type { Weights } from '../weights.ts';

/** Addresses and options for the tasks of a network. Plain data, the same on every thread. */
export interface ProgramSpec {
  readonly config: NetworkConfig;
  readonly weights: Weights;
  readonly panelWidth: number;
  /** The cache of word types: rows of `cacheWidth` floats, the projected input of the first recurrent layer. */
  readonly cache: Address;
  /** Memory of the decoder of each head. */
  readonly decoders: readonly DecoderMemory[];
  /** Undefined if the network only tags. */
  readonly training?: TrainingSpec;
}

export interface TrainingSpec extends TrainingContext {
  readonly optimizer: OptimizerOptions;
  /** Gradients of the dense parameters: one block for each shard. Its parts for matrices are not used. */
  readonly gradients: Address;
  /** The sum of the blocks. */
  readonly summed: Address;
  /** For each shard and matrix, `FACTORS` doubles: see `factorsOf`. */
  readonly factors: Address;
  /** First and second moments of the dense parameters. */
  readonly moments: readonly [Address, Address];
  /** First and second moments of the word embedding; 0 if it is frozen. */
  readonly wordMoments: readonly [Address, Address];
  /** The loss of each shard: floats that are a cache line apart. */
  readonly losses: Address;
  /** Two doubles for each ticket of `reduce`: the sum of squares and the greatest magnitude of the gradient. */
  readonly squares: Address;
}

/**
 * Number of parts of a batch. It does not depend on the number of threads, so that the order of sums is always the
 * same.
 */
export const SHARDS = 4;
/** Floats of the dense parameters that one ticket of `reduce` and `update` handles. */
export const DENSE_BLOCK = 16_384;
/** Rows of the word embedding that one ticket of `reduce` and `update` handles. */
export const ROW_BLOCK = 64;
