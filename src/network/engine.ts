import type { Direction, NetworkConfig } from './config.ts';
import type { ParameterSpec } from './parameters.ts';

// The interface between training or tagging and an engine. Input is plain numbers; output is a loss, tags or scores.
// Nothing here depends on how an engine stores its numbers or on its number of threads.

/** Lists of rows, one after another: list i is members[offsets[i]] to members[offsets[i + 1] - 1]. */
export interface Bags {
  readonly offsets: Int32Array;
  readonly members: Int32Array;
}

/**
 * A table of word types: everything that a network reads of a token without its context. The table may grow between two
 * calls: then longer arrays with the same beginning replace its arrays. An engine may cache results for a word type as
 * long as it receives the same table object.
 */
export interface WordTypes {
  /** (types) rows of the word embedding. */
  readonly words: Int32Array;
  /** (types, vectorDim) Pretrained vectors, zeros for a type without one; undefined if the network reads none. */
  readonly vectors?: Float32Array;
  /** (types + 1) The characters of type i are chars[offsets[i]] to chars[offsets[i + 1] - 1]; there is at least one. */
  readonly offsets: Int32Array;
  /** Rows of the character embedding. */
  readonly chars: Int32Array;
  /**
   * Rows of the feature embedding, one bag for each group of each type; undefined if the network has no word features.
   */
  readonly bags?: Bags;
  /**
   * Rows of the token embedding, one bag for each group of each type; undefined if the network has no token features,
   * and in training, where the batch has bags for each token.
   */
  readonly tokenFeatures?: Bags;
}

/** Sentences as word types. */
export interface Batch {
  readonly wordTypes: WordTypes;
  /** For each sentence, the word type of each token: indices into the table. */
  readonly sentences: readonly Int32Array[];
}

/** Sentences with gold tags, and with the inputs that training varies from step to step. */
export interface TrainingBatch extends Batch {
  /** For each sentence, the row of the word embedding of each token; 0 hides the word. */
  readonly words: readonly Int32Array[];
  /** For each sentence, one bag for each group of each token; undefined if the network has no token features. */
  readonly tokenFeatures?: readonly Bags[];
  /** tags[head][sentence][token]: a tag; -1 if unknown; -2 - i for one of the tags in row i of the head's tag sets. */
  readonly tags: readonly (readonly Int32Array[])[];
  /**
   * For each head (S, K): 1 for each tag in the set, else 0. A set has at least one tag. Undefined if the head has no
   * sets.
   */
  readonly tagSets?: readonly (Float32Array | undefined)[];
  /**
   * Returns the embedding row for a character; may differ from call to call (character dropout). Default: the
   * character.
   */
  readonly replaceChar?: ((char: number) => number) | undefined;
}

/** A batch in the internal form of the engine that prepared it. */
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
 * Truncation of backpropagation through time. `full`: none. `regular`: gradients are cut at every multiple of `length`
 * tokens; the state is still carried over. `random`: each step is cut with probability `probability`, and the other
 * steps are scaled by 1 / (1 - probability), so that the gradient is unbiased (Tallec & Ollivier 2017, "Unbiasing
 * truncated backpropagation through time").
 */
export type Bptt =
  | { readonly kind: 'full' }
  | { readonly kind: 'regular'; readonly length: number }
  | { readonly kind: 'random'; readonly probability: number };

export interface OptimizerOptions {
  readonly optimizer: 'sgd' | 'adam' | 'adamw';
  /** Momentum of SGD, beta1 of Adam. */
  readonly momentum: number;
  /** For Adam only. */
  readonly beta2: number;
  readonly epsilon: number;
  /** Weight decay, decoupled from the gradient. It does not apply to the word embedding. */
  readonly weightDecay: number;
}

export interface TrainingOptions {
  readonly dropout: Dropout;
  /** Default: full. */
  readonly bptt?: Bptt;
  /** With a CRF, a positive value adds the smoothed cross-entropy of each token's scores to the loss. */
  readonly labelSmoothing: number;
  /** The factor of the loss of the language model, if the network has one. Default: 1. */
  readonly languageModelWeight?: number;
  readonly optimizer: OptimizerOptions;
  readonly seed: number;
  /** Whether the word embedding is frozen. It has no optimizer state then. */
  readonly freezeWords?: boolean;
  /**
   * Loss weight of each tag of each head: (K), positive. The weight of a set of tags is the mean of the tags' weights.
   * With a CRF, the odds of each wrong tag are multiplied by the weight of the gold tag in training. Default: 1.
   */
  readonly tagWeights?: readonly (Float32Array | undefined)[];
}

export interface StepOptions {
  readonly learningRate: number;
  /** The gradient is scaled down to this global norm (Pascanu et al. 2013). Default: no limit. */
  readonly clipNorm?: number | undefined;
  /** The maximum magnitude of each element of the gradient. Default: no limit. */
  readonly clipValue?: number | undefined;
  /**
   * Called once in each step, while the engine's other threads (if any) compute. It may call `prepare`, but no other
   * method of the engine.
   */
  readonly meanwhile?: () => void;
}

export interface StepResult {
  /** Weighted mean of the tokens' cross-entropy, in nats; summed over the heads and the language models. */
  readonly loss: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  readonly clipped: boolean;
  readonly tokens: number;
}

/** The state that training needs, in addition to the parameters, to resume. Plain data. */
export interface OptimizerState {
  readonly updates: number;
  /** Number of batches so far. It selects the random streams of dropout. */
  readonly batches: number;
  /** By the name of each learned parameter: the velocity for SGD, the first and second moment for Adam. */
  readonly moments: Readonly<Record<string, readonly Float32Array[]>>;
}

export interface Emissions {
  /** For each head, the best tag of every token, sentence after sentence. */
  readonly best: readonly Int32Array[];
  /** For each head (tokens, tags), the scores before the softmax or CRF, if requested. */
  readonly scores?: readonly Float32Array[];
  /** False if a score is infinite or NaN. Undefined if the engine does not tell. */
  readonly areFinite?: boolean;
}

export interface EmissionOptions {
  /** Return the scores, not only the best tags. Default: false. */
  readonly scores?: boolean;
}

/** Description of the engine for display: `native avx2`, 4 threads. */
export interface EngineDescription {
  readonly kind: 'native' | 'wasm' | 'tensorflow';
  /** The instruction set, or the version and device of TensorFlow. */
  readonly isa: string;
  readonly threads: number;
}

/** A network with its parameters, ready to train or to tag. */
export interface Engine {
  readonly config: NetworkConfig;
  readonly description: EngineDescription;
  readonly parameters: readonly ParameterSpec[];
  /** Maximum number of tokens of a batch for `emissions`. */
  readonly maxTokens: number;
  /**
   * Copies a parameter.
   * @param into the array to fill. Default: a new array
   * @throws RangeError if there is no parameter of this name
   */
  getParameter(name: string, into?: Float32Array): Float32Array;
  /** @throws RangeError if there is no parameter of this name, or `values` has another size */
  setParameter(name: string, values: ArrayLike<number>): void;
  /**
   * Computes the loss and its gradient, and makes one update. Several batches give the same result as one batch of all
   * their sentences, up to rounding, but need only the memory of the largest batch. If the loss or the gradient norm is
   * not finite, the parameters do not change.
   */
  trainStep(
    batch: TrainingBatch | PreparedBatch | readonly (TrainingBatch | PreparedBatch)[],
    options: StepOptions,
  ): StepResult;
  /** Computes the part of `trainStep` that does not depend on the parameters ahead of time. Optional. */
  prepare?(batch: TrainingBatch): PreparedBatch;
  /**
   * Measures how the gradient vanishes or grows with distance. For each direction of the top layer and each k up to
   * `distance`: the norm of dL/dh, k tokens away from the token of the loss, which is the last token that this
   * direction reads. Each norm is a mean over the sentences longer than k.
   */
  gradientNorms(
    batch: TrainingBatch,
    options: { distance: number },
  ): Partial<Record<Direction, number[]>>;
  /** A copy. */
  getOptimizerState(): OptimizerState;
  setOptimizerState(state: OptimizerState): void;
  /** @throws RangeError if the batch has more distinct word types than the engine can hold */
  emissions(batch: Batch, options?: EmissionOptions): Emissions;
  /**
   * Begins `emissions` and returns a function that completes it. In between, other threads compute. This thread must
   * not call the engine in between.
   */
  beginEmissions(batch: Batch, options?: EmissionOptions): () => Emissions;
  close(): Promise<void>;
}

/** Reads stored parameters into the arrays that `target` returns, by name. */
export type ReadParameters = (
  target: (name: string) => Float32Array,
  conversions?: Conversions,
) => void;

/** Operations on many numbers that an engine may run faster than JavaScript. */
export interface Conversions {
  /** Widens the 16-bit numbers in the last half of `values` to 32 bits, in place. */
  widen(values: Float32Array): void;
  /** The largest magnitude of the values; NaN if one is NaN. */
  largest(values: Float32Array): number;
}

/** Options of every engine. */
export interface EngineOptions {
  readonly config: NetworkConfig;
  /** Undefined if the network only tags. */
  readonly training?: TrainingOptions;
  /** For each head, its allowed transitions, from `allowedTransitions`; undefined: all. */
  readonly transitions?: readonly (Int32Array | undefined)[];
  /** Called once at the beginning, to fill the parameters. Default: all parameters are 0. */
  readonly readParameters?: ReadParameters;
}
