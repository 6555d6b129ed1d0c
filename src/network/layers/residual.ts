import type { Activation, HiddenLayer } from './layer.ts';

interface ResidualBuffers<B> extends Activation {
  readonly below: Activation;
  readonly inner: B;
}

/** y = f(x) + x around a layer f of equal input and output width (He et al. 2016). */
export function residual<B extends Activation>(
  inner: HiddenLayer<B>,
): HiddenLayer<ResidualBuffers<B>> {
  const { width } = inner;
  return {
    width,

    /** The sum takes the place of f(x). */
    layout(space, sizes, below) {
      const b = inner.layout(space, sizes, below);
      return { below, inner: b, out: b.out, dout: b.dout, recurrent: b.recurrent };
    },

    forward(pass, b) {
      inner.forward(pass, b.inner);
      pass.kernels.add(b.out, b.below.out, pass.N * width);
    },

    backward(pass, b) {
      const n = pass.N * width;
      pass.arena.f32(b.below.dout, n).set(pass.arena.f32(b.dout, n));
      inner.backward(pass, b.inner, true);
    },

    infer(pass, b) {
      inner.infer(pass, b.inner);
      pass.kernels.add(b.out, b.below.out, pass.N * width);
    },
  };
}
