import { packedSize } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { affineBackward, affineForward, affineWeights } from './affine.ts';
import type { Activation, HiddenLayer, LayerContext, Pass } from './layer.ts';

interface DenseBuffers extends Activation {
  readonly input: Activation;
  readonly packed: Address; // (N, H) the gradient before tanh, packed
}

/** Dense layer number `layer`, tanh(x W + b) of H units, between the recurrent layers and the heads. */
export function denseLayer(
  { config, parameters, panelWidth }: LayerContext,
  { layer, inputs }: { layer: number; inputs: number },
): HiddenLayer<DenseBuffers> {
  const { hidden: H } = config;
  const weights = affineWeights(parameters, `dense.${layer}`, { shape: [inputs, H] });

  function forward({ kernels, N }: Pass, { input, value }: DenseBuffers): void {
    affineForward(kernels, value, input.value, weights, { n: N });
    kernels.tanh_forward(value, N * H);
  }

  return {
    width: H,

    layout: ({ kept, scratch }, { N, training }, input) => ({
      input,
      value: kept.take(N * H),
      gradient: training ? scratch.take(N * H) : 0,
      packed: training ? kept.take(packedSize(panelWidth, N, H)) : 0,
    }),

    forward,

    backward({ kernels, gradients, N }, { input, value, gradient, packed }, accumulate = false) {
      kernels.tanh_backward(gradient, value, N * H);
      affineBackward(kernels, gradients, input.gradient, gradient, input.value, weights, {
        n: N,
        packed,
        accumulate,
      });
    },

    infer: forward,
  };
}
