import { packedSize } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { affineBackward, affineForward, affineWeights } from './affine.ts';
import type { Activation, HiddenLayer, LayerContext, Pass } from './layer.ts';

interface HighwayBuffers<B> extends Activation {
  readonly below: Activation;
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
    bias: { value: -1 }, // at first the gate mostly carries x (section 2.2)
  });

  function join({ kernels, N }: Pass, b: HighwayBuffers<B>): void {
    affineForward(kernels, b.gate, b.below.out, weights, { n: N });
    kernels.highway_forward(b.out, b.gate, b.inner.out, b.below.out, N * M);
  }

  return {
    width: M,

    layout(space, sizes, below) {
      const { kept, scratch } = space;
      const { N, training } = sizes;
      const b = inner.layout(space, sizes, below);
      return {
        ...{ below, inner: b, recurrent: b.recurrent },
        gate: kept.take(N * M),
        out: kept.take(N * M),
        dout: training ? scratch.take(N * M) : 0,
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
      const { below, dout, gate, dgate, packed } = b;
      const { out: y, dout: dy } = b.inner;
      kernels.highway_backward(dgate, dy, below.dout, dout, gate, y, below.out, N * M);
      affineBackward(kernels, gradients, below.dout, dgate, below.out, weights, {
        ...{ n: N, packed, accumulate: true },
      });
      inner.backward(pass, b.inner, true);
    },

    infer(pass, b) {
      inner.infer(pass, b.inner);
      join(pass, b);
    },
  };
}
