import type { Arena, Space } from '../../backend/arena.ts';
import type { Address, Kernels } from '../../backend/kernels.ts';
import type { NetworkConfig } from '../config.ts';
import type { Bags, Bptt, Dropout, WordTypes } from '../engine.ts';
import type { Packing } from '../packing.ts';
import type { Parameters } from '../parameters.ts';
import type { Gradients } from '../weights.ts';
import type { DecoderMemory } from './decoders/decoder.ts';
import type { RecurrentState } from './recurrent.ts';

// A layer is a record that a function in its file creates. The function requests the layer's parameters. The record has
// the buffers that a batch needs (`layout`) and the computations: `forward`, `backward`, and `infer` for tagging.
// layers/index.ts lists the layers of a network.
//
// Shapes: a batch has N tokens in B sentences and Y word types. If `training` is false, no backward pass follows, and
// buffers that only the backward pass needs may be 0.

/** The arguments of the functions that create layers. */
export interface LayerContext {
  readonly config: NetworkConfig;
  readonly parameters: Parameters;
  /** Columns of a packed panel of the kernels; see `packedSize`. */
  readonly panelWidth: number;
  /** Index of the network in its ensemble. Default: 0. */
  readonly member?: number;
  /** Clockwork: (H) integers, the module of each unit as a bit. Default: 0. */
  readonly modules?: Address;
  /** Memory of the decoder of each head. */
  readonly decoders?: readonly DecoderMemory[];
  /** Undefined if the network only tags. */
  readonly training?: TrainingContext | undefined;
}

/** How layers are trained. */
export interface TrainingContext {
  readonly dropout: Dropout;
  readonly bptt: Bptt;
  readonly labelSmoothing: number;
  readonly seed: number;
  /** For each head, (K) weights of its tags, or for a CRF their natural logarithms; 0 if all weights are 1. */
  readonly tagWeights: readonly Address[];
}

/** A forward or backward pass of a batch, on one thread. */
export interface Pass extends Packing {
  readonly kernels: Kernels;
  readonly arena: Arena;
  /** The first random stream of this step and shard. Undefined: no dropout and no truncation of gradients. */
  readonly stream?: number | undefined;
}

export interface BackwardPass extends Pass {
  readonly gradients: Gradients;
  /**
   * If given, only the gradient of h (N, H) in this direction of the top recurrent layer is computed, at this address.
   */
  readonly trace?: { readonly direction: number; readonly address: Address };
}

/** A batch whose first recurrent layer reads its projected input from the cache of word types. */
export interface InferencePass extends Pass {
  readonly cache: Address;
  /** (N) rows of the cache. */
  readonly slots: Address;
}

/** The output of a layer, which the next layer reads. */
export interface Activation {
  readonly value: Address; // (N, width)
  readonly gradient: Address; // (N, width), which the next layer writes
  /** The state that the nearest recurrent layer, this one or a lower one, passes to the next. */
  readonly recurrent?: RecurrentState | undefined;
}

/**
 * A layer from (N, width of its input) to (N, width). `b.value` is its output, `input` the output of the layer below.
 */
export interface HiddenLayer<B extends Activation = Activation> {
  readonly width: number;
  layout(
    space: Space,
    sizes: { readonly N: number; readonly B: number; readonly training: boolean },
    input: Activation,
  ): B;
  /** Computes b.value from input.value. */
  forward(pass: Pass, b: B): void;
  /**
   * Computes input.gradient from b.gradient, which may be overwritten. The gradients of parameters go to `pass.gradients`.
   * @param accumulate whether to add to input.gradient
   */
  backward(pass: BackwardPass, b: B, accumulate?: boolean): void;
  /** Computes b.value from input.value for tagging. */
  infer(pass: InferencePass, b: B): void;
}

/** A batch for input layers: word types by descending number of characters, and N tokens in packed order. */
export interface InputBatch {
  readonly types: WordTypes;
  /** (Y) The types that the batch uses: indices into `types`. */
  readonly ids: readonly number[];
  /** (N) rows of the word embedding. */
  readonly words: Int32Array;
  /** Replaces characters (character dropout). Called once for each character of each type. */
  readonly replaceChar?: ((char: number) => number) | undefined;
  /** Calls `visit(bags, i)` for every token: its features are bags of index i, as in `Bags`. */
  eachToken(visit: (bags: Bags | undefined, i: number) => void): void;
}

/** The integers that an input layer needs for a batch. */
export interface PreparedInput<S extends string, B> {
  readonly sizes: Readonly<Record<S, number>>;
  /** Writes the integers to the buffers that `layout` returns for these sizes. */
  write(memory: Pick<Arena, 'i32'>, b: B): void;
}

/** The sizes of a batch for one input layer, and the addresses of its columns in x (N, D) and in the gradient dx. */
export interface InputShape {
  readonly N: number;
  readonly Y: number;
  readonly D: number;
  readonly x: Address;
  readonly dx: Address;
  /** (N) the type of each token: an index below Y. */
  readonly types: Address;
  readonly training: boolean;
}

/** A layer that computes `width` columns of x, the input of the first hidden layer. */
export interface InputLayer<S extends string = string, B = unknown> {
  readonly name: string;
  readonly width: number;
  /** Names of the layer's sizes of a batch, in addition to N and Y. */
  readonly sizes: readonly S[];
  prepare(batch: InputBatch): PreparedInput<S, B>;
  layout(space: Space, batch: InputShape, sizes: Readonly<Record<S, number>>): B;
  forward(pass: Pick<Pass, 'kernels'>, b: B): void;
  backward(pass: Pick<BackwardPass, 'kernels' | 'arena' | 'gradients'>, b: B): void;
}
