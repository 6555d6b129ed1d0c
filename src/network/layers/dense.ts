import { packedSize } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { affineBackward, affineForward, affineWeights } from './affine.ts';
import type { Activation, HiddenLayer, LayerContext, Pass } from './layer.ts';

interface DenseBuffers extends Activation {
  readonly below: Activation;
  readonly packed: Address; // (N, H) the gradient before tanh, packed
}

/** Dense layer number `layer`, tanh(x W + b) of H units, between the recurrent layers and the heads. */
export function denseLayer(
  { config, parameters, panelWidth }: LayerContext,
  { layer, inputs }: { layer: number; inputs: number },
): HiddenLayer<DenseBuffers> {
  const { hidden: H } = config;
  const weights = affineWeights(parameters, `dense.${layer}`, { shape: [inputs, H] });

  function forward({ kernels, N }: Pass, { below, out }: DenseBuffers): void {
    affineForward(kernels, out, below.out, weights, { n: N });
    kernels.tanh_forward(out, N * H);
  }

  return {
    width: H,

    layout: ({ kept, scratch }, { N, training }, below) => ({
      below,
      out: kept.take(N * H),
      dout: training ? scratch.take(N * H) : 0,
      packed: training ? kept.take(packedSize(panelWidth, N, H)) : 0,
    }),

    forward,

    backward({ kernels, gradients, N }, { below, out, dout, packed }, accumulate = false) {
      kernels.tanh_backward(dout, out, N * H);
      affineBackward(kernels, gradients, below.dout, dout, below.out, weights, {
        ...{ n: N, packed, accumulate },
      });
    },

    infer: forward,
  };
}
