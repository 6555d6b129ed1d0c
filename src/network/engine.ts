import type { Types } from './batch.ts';
import type { Direction, NetworkConfig } from './config.ts';
import type { Bags } from './layers/bags.ts';
import type { ParameterSpec } from './parameters.ts';

/** Shares of units that dropout sets to 0. */
export interface Dropout {
  /** Of the first layer's input and between layers. */
  readonly input: number;
  /** Of what the dense layer reads. */
  readonly output: number;
  /** Of the hidden state where it enters the recurrence. */
  readonly recurrent: number;
}

/**
 * How far gradients go back in time: all the way; cut at every multiple of `length` tokens, the state carried over; or
 * cut at random, each link with probability `probability`, and the others weighted by 1 / (1 - probability), so that
 * the gradient is right in the mean (Tallec & Ollivier 2017, "Unbiasing truncated backpropagation through time").
 */
export type Bptt =
  | { readonly kind: 'full' }
  | { readonly kind: 'regular'; readonly length: number }
  | { readonly kind: 'random'; readonly probability: number };

export interface OptimizerOptions {
  readonly optimizer: 'sgd' | 'adam' | 'adamw';
  /** SGD's momentum, Adam's beta1. */
  readonly momentum: number;
  /** Adam's beta2. */
  readonly beta2: number;
  readonly epsilon: number;
  /** Decay of the weights, decoupled from the gradient; of dense parameters only. */
  readonly weightDecay: number;
}

export interface TrainingOptions {
  readonly dropout: Dropout;
  /** Left out: full. */
  readonly bptt?: Bptt;
  /** A CRF, where it is not 0, learns the smoothed cross-entropy of each token's scores besides. */
  readonly labelSmoothing: number;
  readonly optimizer: OptimizerOptions;
  readonly seed: number;
  /**
   * Of each head: (K), above 0, how often a token counts whose gold tag that is, of a set of tags their mean; of a CRF,
   * by what the odds of each wrong tag there are multiplied in training (see `crfCosts`). Undefined: 1.
   */
  readonly tagWeights?: readonly (Float32Array | undefined)[];
}

/** Labelled sentences as numbers: of each, types, rows of the word embedding, and, for each head, tags. */
export interface TrainingBatch {
  readonly types: readonly Int32Array[];
  readonly words: readonly Int32Array[];
  /** Of each sentence the features of its tokens, where the network has such. */
  readonly tokens?: readonly Bags[];
  /** tags[head][sentence]: a tag; -1 where unknown; -2 - i, one of the tags of row i of the head's sets. */
  readonly tags: readonly (readonly Int32Array[])[];
  /** Of each head: (S, K), 1 for each tag in the set, else 0, at least one a set; undefined where there are none. */
  readonly sets?: readonly (Float32Array | undefined)[];
}

/** A batch as the engine that prepared it reads it. */
export interface PreparedBatch {
  readonly tokens: number;
}
type Batch = TrainingBatch | PreparedBatch;

export interface StepResult {
  /** Mean cross-entropy over the batch's tokens by their weights, in nats; of several heads, their sum. */
  readonly loss: number;
  /** Global norm of the gradient before clipping, and whether it was clipped. */
  readonly norm: number;
  readonly clipped: boolean;
  readonly tokens: number;
}

/** How the words of batches are read. */
export interface Reading {
  readonly types: Types;
  /** What a character of a type is read as, asked anew for each shard's table of types; left out: as it is. */
  readonly charAs?: ((char: number) => number) | undefined;
}

export interface StepOptions extends Reading {
  readonly rate: number;
  /** The gradient is scaled down to this global norm (Pascanu et al. 2013). */
  readonly clipNorm?: number | undefined;
  /** Each element of the gradient is held within +- this. */
  readonly clipValue?: number | undefined;
  /** The word embedding is left as it is. */
  readonly freezeWords?: boolean;
  /** Done by this thread while others compute: it may prepare a batch, nothing else with the engine. */
  readonly meanwhile?: () => void;
}

export interface OptimizerState {
  /** Updates, and the batches that went into them, so far. */
  readonly step: number;
  readonly batches: number;
  readonly moments: readonly Float32Array[];
}

export interface Emissions {
  /** For each head, the best tag of every token, sentence after sentence. */
  readonly best: readonly Int32Array[];
  /** For each head, scores before the softmax, (tokens, tags), when asked for. */
  readonly scores?: readonly Float32Array[];
}

/**
 * The boundary between training or tagging and whatever computes: whole batches of numbers go in, a loss or scores come
 * out, and parameters are copied in and out by name.
 */
export interface Engine {
  readonly config: NetworkConfig;
  readonly specs: readonly ParameterSpec[];
  /** A live view of a parameter; call `weightsChanged` after writing. */
  parameter(name: string): Float32Array;
  weightsChanged(): void;
  /**
   * Forward, backward and one update, of a batch or by the sum of the gradients of several: what one batch of all their
   * sentences gives, up to rounding, in the memory of the largest. If the loss or the norm is not finite, nothing is
   * changed.
   */
  trainStep(batch: Batch | readonly Batch[], options: StepOptions): StepResult;
  /** What `trainStep` would begin with; apart, it may be done ahead. */
  prepare(batch: TrainingBatch, reading: Reading): PreparedBatch;
  /**
   * How the gradient fades or grows with distance: for each direction of the top layer, the norm of dL/dh k tokens back
   * from the token of the loss, the sentence's last as that direction reads it; a mean over the sentences longer than k.
   */
  gradientNorms(
    batch: TrainingBatch,
    options: { types: Types; distance: number },
  ): Partial<Record<Direction, number[]>>;
  /** Moments of the optimizer and its counts: with the parameters, all that training needs to go on. */
  optimizerState(): OptimizerState;
  restoreOptimizer(state: OptimizerState): void;
  /** Types that the cache can hold. */
  readonly capacity: number;
  /** Types that it holds. */
  readonly cached: number;
  /** Encodes types into the cache and returns their places, in order. */
  encode(types: Types): Int32Array;
  clearCache(): void;
  /** Tags sentences given as places in the cache, one after another. */
  infer(places: Int32Array, lengths: Int32Array, options?: { scores?: boolean }): Emissions;
  /**
   * Begins what `infer` does and returns what ends it. Until then other threads compute while this one may do something
   * else, but nothing with the engine.
   */
  beginInfer(
    places: Int32Array,
    lengths: Int32Array,
    options?: { scores?: boolean },
  ): () => Emissions;
  close(): Promise<void>;
}
