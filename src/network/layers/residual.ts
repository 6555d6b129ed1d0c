import type { Activation, HiddenLayer } from './layer.ts';

interface ResidualBuffers<B> extends Activation {
  readonly input: Activation;
  readonly inner: B;
}

/** y = f(x) + x around a layer f of equal input and output width (He et al. 2016). */
export function residual<B extends Activation>(
  inner: HiddenLayer<B>,
): HiddenLayer<ResidualBuffers<B>> {
  const { width } = inner;
  return {
    width,

    /** The sum overwrites f(x). */
    layout(space, sizes, input) {
      const b = inner.layout(space, sizes, input);
      return { input, inner: b, value: b.value, gradient: b.gradient, recurrent: b.recurrent };
    },

    forward(pass, b) {
      inner.forward(pass, b.inner);
      pass.kernels.add(b.value, b.input.value, pass.N * width);
    },

    backward(pass, b) {
      const n = pass.N * width;
      pass.arena.f32(b.input.gradient, n).set(pass.arena.f32(b.gradient, n));
      inner.backward(pass, b.inner, true);
    },

    infer(pass, b) {
      inner.infer(pass, b.inner);
      pass.kernels.add(b.value, b.input.value, pass.N * width);
    },
  };
}
