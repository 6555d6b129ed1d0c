import type { Address } from '../../../backend/kernels.ts';
import type { BackwardPass, LayerContext, Pass } from '../layer.ts';

// A decoder is a record with the loss, its gradient, and the choice of tags. decoders/index.ts lists all decoders.

/** Memory of the decoder of one head. Plain data. */
export interface DecoderMemory {
  /** (K, K), (K) and (K) integers, as `allowedTransitions` returns them; 0: all are allowed. */
  readonly allowed: Address;
  /** Tables for the kernels, of `crfTablesSize` numbers; 0: none. */
  readonly tables: Address;
}

export const noDecoderMemory: DecoderMemory = { allowed: 0, tables: 0 };

/** The buffers of a head of K tags that its decoder reads and writes. */
export interface DecoderBuffers {
  readonly logits: Address; // (N, K)
  // Training
  readonly dlogits: Address; // (N, K)
  readonly gold: Address; // (N) integers: a tag; -1, unknown; -2 - i, one of the tags of row i of the sets
  // Tagging
  readonly best: Address; // (N) integers
  readonly score: Address; // (B) of the best path
  readonly scratch: Address; // `scratchSize` numbers
}

/** Destination and scale of the loss of a head. */
export interface LossOptions {
  /** The address of a float to which the loss is added. */
  readonly loss: Address;
  /** (S, K), 1 for each tag in the set, else 0; address 0: there are none. */
  readonly sets: Address;
  /** Factor of the loss: 1 / the sum of the weights of the batch's tokens. */
  readonly scale: number;
}

export interface Decoder {
  /** Whether it decodes paths, which have a score. */
  readonly hasPaths: boolean;
  /** Size of the scratch space for a batch, in numbers. */
  scratchSize(sizes: {
    readonly N: number;
    readonly B: number;
    readonly training: boolean;
  }): number;
  /** Adds to the loss, and writes its gradient dlogits. May change the logits. */
  loss(pass: BackwardPass, b: DecoderBuffers, options: LossOptions): void;
  /** Computes best, and score if it has paths, from the logits. */
  decode(pass: Pass, b: DecoderBuffers): void;
  /** Refills the tables after the parameters have changed. */
  pack?(kernels: Pass['kernels']): void;
}

/** Creates the decoder of head `head`, which has K tags. The names of its parameters begin with `name`. */
export type CreateDecoder = (
  context: LayerContext,
  options: { readonly head: number; readonly K: number; readonly name: string },
) => Decoder;
