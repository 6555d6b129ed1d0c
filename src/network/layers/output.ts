import type { Space } from '../../backend/arena.ts';
import { packedSize } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { headName } from '../config.ts';
import { affineBackward, affineForward, affineWeights } from './affine.ts';
import type { Decoder, DecoderBuffers, LossOptions } from './decoders/decoder.ts';
import { decoders } from './decoders/index.ts';
import type { Activation, BackwardPass, LayerContext, Pass } from './layer.ts';

export interface HeadBuffers extends DecoderBuffers {
  readonly input: Activation;
  readonly packed: Address; // dlogits, packed
  readonly measured: Address; // tagging: two doubles, as the kernel `measure` writes them for the logits
}

/** An output head: the scores of K tags, and their decoder. */
export interface OutputHead {
  readonly decoder: Decoder;
  layout(
    space: Space,
    sizes: { readonly N: number; readonly B: number; readonly training: boolean },
    input: Activation,
  ): HeadBuffers;
  /** Computes b.logits from input.value. */
  forward(pass: Pass, b: HeadBuffers): void;
  /** Tagging: measures the logits and computes b.best. */
  decode(pass: Pass, b: HeadBuffers): void;
  /** Computes the loss and b.dlogits. */
  loss(pass: BackwardPass, b: HeadBuffers, options: LossOptions): void;
  /** Computes input.gradient from b.dlogits, or += when `accumulate`. */
  backward(pass: BackwardPass, b: HeadBuffers, accumulate: boolean): void;
}

/** The head with index `head` of a network. */
export function outputHead(
  context: LayerContext,
  { head, inputs }: { head: number; inputs: number },
): OutputHead {
  const { config, parameters, panelWidth, member = 0 } = context;
  const K = config.tags[head]!;
  const name = headName(head);
  const weights = affineWeights(parameters, name, {
    shape: [inputs, K],
    weight: { inEnsemble: 'summed' },
    bias: { inEnsemble: 'shared' },
  });
  const decoder = decoders[config.decoder](context, { head, K, name });
  return {
    decoder,

    layout({ integers, kept, scratch }, { N, B, training }, input) {
      const scratchSize = decoder.scratchSize({ N, B, training });
      return {
        input,
        logits: scratch.take(N * K),
        dlogits: training ? scratch.take(N * K) : 0,
        packed: training ? kept.take(packedSize(panelWidth, N, K)) : 0,
        gold: training ? integers.take(N) : 0,
        measured: training ? 0 : scratch.take(4),
        best: training ? 0 : scratch.take(N),
        score: training || !decoder.hasPaths ? 0 : scratch.take(B),
        scratch: scratchSize > 0 ? scratch.take(scratchSize) : 0,
      };
    },

    /** Adds the scores of an ensemble's members. */
    forward({ kernels, N }, { input, logits }) {
      affineForward(kernels, logits, input.value, weights, { n: N, accumulate: member > 0 });
    },

    decode(pass, b) {
      pass.arena.f64(b.measured, 2).fill(0);
      pass.kernels.measure(b.measured, b.logits, pass.N * K);
      decoder.decode(pass, b);
    },

    loss: (pass, b, options) => decoder.loss(pass, b, options),

    backward({ kernels, gradients, N }, { input, dlogits, packed }, accumulate) {
      affineBackward(kernels, gradients, input.gradient, dlogits, input.value, weights, {
        n: N,
        packed,
        accumulate,
      });
    },
  };
}
