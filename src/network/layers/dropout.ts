import type { Address } from '../../backend/kernels.ts';
import type { Activation, HiddenLayer, LayerContext } from './layer.ts';
import { inputDropoutStream } from './random-streams.ts';

interface DropoutBuffers extends Activation {
  readonly mask: Address; // (B, width)
}

/**
 * Variational dropout (Gal & Ghahramani 2016): one mask for all tokens of a sentence, applied in place to the input of
 * recurrent layer `layer`, or to the output of the last one if `layer` = `layers`. Undefined if the dropout probability
 * there is 0.
 */
export function dropoutLayer(
  { config, training: trained }: LayerContext,
  { layer, inputs: width }: { layer: number; inputs: number },
): HiddenLayer<DropoutBuffers> | undefined {
  if (!trained) return undefined;
  const { dropout, seed } = trained;
  const probability = layer === config.layers ? dropout.output : dropout.input;
  if (probability === 0) return undefined;
  return {
    width,

    layout: ({ scratch }, { B, training }, input) => ({
      ...input,
      mask: training ? scratch.take(B * width) : 0,
    }),

    forward({ kernels, rows, T, B, stream }, { value, mask }) {
      if (stream === undefined) return;
      const masks = stream + inputDropoutStream(layer);
      kernels.dropout_mask(mask, B * width, 1 - probability, seed, masks);
      kernels.dropout_apply(value, mask, rows, T, width, width);
    },

    backward({ kernels, rows, T, stream }, { gradient, mask }) {
      if (stream !== undefined) kernels.dropout_apply(gradient, mask, rows, T, width, width);
    },

    infer: () => undefined,
  };
}
