import type { NetworkConfig } from '../config.ts';
import type { TrainingOptions } from '../engine.ts';
import type { BatchSizes } from './batch.ts';
import type { Ops } from './ops.ts';
import type { Tensor } from './tfjs.ts';

/** The forward pass of a batch. TensorFlow finds the gradients. */
export interface Pass {
  readonly ops: Ops;
  readonly config: NetworkConfig;
  readonly sizes: BatchSizes;
  /** (T) The number of sentences that are longer than t. */
  readonly rows: Int32Array;
  /** A parameter in its shape. */
  parameter(name: string): Tensor;
  /** An array of the batch, of one dimension; see batch.ts. */
  input(name: string): Tensor;
  /** Whether the batch has this array. */
  has(name: string): boolean;
  /** (N, wordDim) */
  readonly words: Tensor;
  /** Undefined in tagging. */
  readonly training?: TrainingOptions | undefined;
}
