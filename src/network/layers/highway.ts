import { packedSize } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { affineBackward, affineForward, affineWeights } from './affine.ts';
import type { Activation, HiddenLayer, LayerContext, Pass } from './layer.ts';

interface HighwayBuffers<B> extends Activation {
  readonly input: Activation;
  readonly inner: B;
  readonly gate: Address; // (N, M)
  readonly dgate: Address; // (N, M)
  readonly packed: Address; // (N, M) dgate, packed
}

/**
 * y = t f(x) + (1 - t) x with the gate t = σ(x W + b), around a layer f of equal input and output width M (Srivastava et
 * al. 2015, equation 3).
 */
export function highway<B extends Activation>(
  { parameters, panelWidth }: LayerContext,
  inner: HiddenLayer<B>,
  { name }: { name: string },
): HiddenLayer<HighwayBuffers<B>> {
  const { width: M } = inner;
  const weights = affineWeights(parameters, name, {
    shape: [M, M],
    bias: { value: -1 }, // so that the gate mostly carries x at first (section 2.2)
  });

  function join({ kernels, N }: Pass, b: HighwayBuffers<B>): void {
    affineForward(kernels, b.gate, b.input.value, weights, { n: N });
    kernels.highway_forward(b.value, b.gate, b.inner.value, b.input.value, N * M);
  }

  return {
    width: M,

    layout(space, sizes, input) {
      const { kept, scratch } = space;
      const { N, training } = sizes;
      const b = inner.layout(space, sizes, input);
      return {
        input,
        inner: b,
        recurrent: b.recurrent,
        gate: kept.take(N * M),
        value: kept.take(N * M),
        gradient: training ? scratch.take(N * M) : 0,
        dgate: training ? scratch.take(N * M) : 0,
        packed: training ? kept.take(packedSize(panelWidth, N, M)) : 0,
      };
    },

    forward(pass, b) {
      inner.forward(pass, b.inner);
      join(pass, b);
    },

    backward(pass, b) {
      const { kernels, gradients, N } = pass;
      const { input, gradient, gate, dgate, packed } = b;
      const { value: y, gradient: dy } = b.inner;
      kernels.highway_backward(dgate, dy, input.gradient, gradient, gate, y, input.value, N * M);
      affineBackward(kernels, gradients, input.gradient, dgate, input.value, weights, {
        n: N,
        packed,
        accumulate: true,
      });
      inner.backward(pass, b.inner, true);
    },

    infer(pass, b) {
      inner.infer(pass, b.inner);
      join(pass, b);
    },
  };
}
