import type { Direction, NetworkConfig } from './config.ts';
import type { ParameterSpec } from './parameters.ts';

// The boundary between training or tagging and what computes: plain numbers go in, a loss, tags or scores come out.
// Nothing here depends on how an engine stores its numbers or on how many threads it has.

/** Lists of rows, one after another: list i is members[offsets[i]] to members[offsets[i + 1] - 1]. */
export interface Bags {
  readonly offsets: Int32Array;
  readonly members: Int32Array;
}

/**
 * A table of word types: all that a network reads of a token without its context. It may grow between two calls; then
 * its arrays are replaced by longer ones with the same beginning. An engine may keep what it computes of a type as long
 * as it is given the same table object.
 */
export interface WordTypes {
  /** (types) rows of the word embedding. */
  readonly words: Int32Array;
  /** (types + 1) Type i has the characters chars[offsets[i]] to chars[offsets[i + 1] - 1], at least one. */
  readonly offsets: Int32Array;
  /** Rows of the character embedding. */
  readonly chars: Int32Array;
  /** Rows of the feature embedding, a bag for each group of each type; left out if the network has no word features. */
  readonly bags?: Bags;
  /**
   * Rows of the token embedding, a bag for each group of each type; left out if the network has no token features, and
   * in training, where a batch has them for each token.
   */
  readonly tokenFeatures?: Bags;
}

/** Sentences as a network reads them. */
export interface Batch {
  readonly wordTypes: WordTypes;
  /** For each sentence, the word type of each token: indices into the table. */
  readonly sentences: readonly Int32Array[];
}

/** Sentences with gold tags, and with what training changes from step to step. */
export interface TrainingBatch extends Batch {
  /** For each sentence, the row of the word embedding of each token; 0 hides the word. */
  readonly words: readonly Int32Array[];
  /** For each sentence, a bag for each group of each token; left out if the network has no token features. */
  readonly tokenFeatures?: readonly Bags[];
  /** tags[head][sentence]: a tag; -1 if unknown; -2 - i for one of the tags of row i of the head's tag sets. */
  readonly tags: readonly (readonly Int32Array[])[];
  /** For each head (S, K): 1 for each tag in the set, else 0, at least one per set; undefined if the head has no sets. */
  readonly tagSets?: readonly (Float32Array | undefined)[];
  /** Returns the row that stands for a character, which may differ from call to call. Default: the character itself. */
  readonly replaceChar?: ((char: number) => number) | undefined;
}

/** A batch in the form of the engine that prepared it. */
export interface PreparedBatch {
  readonly tokens: number;
}

/** Fractions of units that dropout sets to 0. */
export interface Dropout {
  /** For the input of the first layer and between layers. */
  readonly input: number;
  /** For the input of the dense layers. */
  readonly output: number;
  /** For the hidden state where it enters the recurrence. */
  readonly recurrent: number;
}

/**
 * How far gradients go back in time: without limit; cut at every multiple of `length` tokens, where the state is still
 * carried over; or cut at random, each step with probability `probability`, while the other steps are scaled by
 * 1 / (1 - probability), so that the gradient is right in the mean (Tallec & Ollivier 2017, "Unbiasing truncated
 * backpropagation through time").
 */
export type Bptt =
  | { readonly kind: 'full' }
  | { readonly kind: 'regular'; readonly length: number }
  | { readonly kind: 'random'; readonly probability: number };

export interface OptimizerOptions {
  readonly optimizer: 'sgd' | 'adam' | 'adamw';
  /** Momentum of SGD, beta1 of Adam. */
  readonly momentum: number;
  /** Only Adam has it. */
  readonly beta2: number;
  readonly epsilon: number;
  /** Weight decay, decoupled from the gradient. It does not apply to the word embedding. */
  readonly weightDecay: number;
}

export interface TrainingOptions {
  readonly dropout: Dropout;
  /** Default: full. */
  readonly bptt?: Bptt;
  /** With a CRF, a value above 0 adds the smoothed cross-entropy of each token's scores to the loss. */
  readonly labelSmoothing: number;
  readonly optimizer: OptimizerOptions;
  readonly seed: number;
  /** The word embedding is not learned, and has no optimizer state. */
  readonly freezeWords?: boolean;
  /**
   * Loss weight of each tag of each head: (K), positive. A set of tags has the mean of theirs. With a CRF the odds of
   * each wrong tag are multiplied by the weight of the gold tag in training (see `crfCosts`). Default: 1.
   */
  readonly tagWeights?: readonly (Float32Array | undefined)[];
}

export interface StepOptions {
  readonly learningRate: number;
  /** The gradient is scaled down to this global norm (Pascanu et al. 2013). Default: no limit. */
  readonly clipNorm?: number | undefined;
  /** Each element of the gradient is limited to +- this. Default: no limit. */
  readonly clipValue?: number | undefined;
  /**
   * Called once in each step, while other threads compute if the engine has any. It may call `prepare`, and nothing
   * else of the engine.
   */
  readonly meanwhile?: () => void;
}

export interface StepResult {
  /** Mean cross-entropy of the batch's tokens by their weights, in nats; with several heads, the sum of theirs. */
  readonly loss: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  readonly clipped: boolean;
  readonly tokens: number;
}

/** All that training needs, besides the parameters, to go on where it stopped. Plain data. */
export interface OptimizerState {
  readonly updates: number;
  /** Batches that went into the updates: they number the random streams of dropout. */
  readonly batches: number;
  /** By the name of each learned parameter: SGD has its velocity, Adam its first and second moment. */
  readonly moments: Readonly<Record<string, readonly Float32Array[]>>;
}

export interface Emissions {
  /** For each head, the best tag of every token, sentence after sentence. */
  readonly best: readonly Int32Array[];
  /** On request, for each head (tokens, tags), the scores before the softmax or CRF. */
  readonly scores?: readonly Float32Array[];
}

export interface EmissionOptions {
  /** Return the scores, not only the best tags. Default: false. */
  readonly scores?: boolean;
}

/** What computes, for display: `native avx2`, 4 threads. Another engine adds its kind. */
export interface EngineDescription {
  readonly kind: 'native' | 'wasm';
  /** The instruction set. */
  readonly isa: string;
  readonly threads: number;
}

/** A network with its parameters, ready to train or to tag. */
export interface Engine {
  readonly config: NetworkConfig;
  readonly description: EngineDescription;
  readonly parameters: readonly ParameterSpec[];
  /** `emissions` accepts any batch of so many tokens. */
  readonly maxTokens: number;
  /**
   * Copies a parameter.
   * @param into where to; left out, a new array
   * @throws RangeError if there is no parameter of this name
   */
  getParameter(name: string, into?: Float32Array): Float32Array;
  /** @throws RangeError if there is no parameter of this name, or `values` has another size */
  setParameter(name: string, values: ArrayLike<number>): void;
  /**
   * Computes loss and gradient and makes one update. Several batches give the same as one batch of all their sentences,
   * up to rounding, in the memory of the largest. If the loss or the gradient norm is not finite, nothing changes.
   */
  trainStep(
    batch: TrainingBatch | PreparedBatch | readonly (TrainingBatch | PreparedBatch)[],
    options: StepOptions,
  ): StepResult;
  /** Does the part of `trainStep` that needs no parameters ahead of time. An engine without such a part leaves it out. */
  prepare?(batch: TrainingBatch): PreparedBatch;
  /**
   * How the gradient fades or grows with distance: for each direction of the top layer, the norm of dL/dh k tokens away
   * from the token of the loss, which is the last one that this direction reads. Each is a mean over the sentences
   * longer than k, up to k = `distance`.
   */
  gradientNorms(
    batch: TrainingBatch,
    options: { distance: number },
  ): Partial<Record<Direction, number[]>>;
  /** A copy. */
  getOptimizerState(): OptimizerState;
  setOptimizerState(state: OptimizerState): void;
  /** @throws RangeError if the batch has more than `maxTokens` tokens, of too many different word types */
  emissions(batch: Batch, options?: EmissionOptions): Emissions;
  /**
   * Begins what `emissions` does and returns what finishes it. In between other threads compute, and this one may do
   * anything but call the engine.
   */
  beginEmissions(batch: Batch, options?: EmissionOptions): () => Emissions;
  close(): Promise<void>;
}

/** Reads stored parameters into the arrays that `target` returns, by name. */
export type ReadParameters = (
  target: (name: string) => Float32Array,
  conversions?: Conversions,
) => void;

/** Work on many numbers that an engine may do faster. */
export interface Conversions {
  /** Widens to 32 bits, in place, the 16-bit numbers that fill the last half of `values`. */
  widen(values: Float32Array): void;
  areFinite(values: Float32Array): boolean;
}

/** What every engine is created from. */
export interface EngineOptions {
  readonly config: NetworkConfig;
  /** Left out if the network only tags. */
  readonly training?: TrainingOptions;
  /** For each head, the transitions that its paths may take, from `allowedTransitions`; undefined: all. */
  readonly transitions?: readonly (Int32Array | undefined)[];
  /** Called once at the beginning. Default: all parameters are 0. */
  readonly readParameters?: ReadParameters;
}
