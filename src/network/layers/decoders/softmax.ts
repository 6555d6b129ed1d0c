import type { Address } from '../../../backend/kernels.ts';
import type { BackwardPass, LayerContext } from '../layer.ts';
import type { CreateDecoder, Decoder, DecoderBuffers, LossOptions } from './decoder.ts';

/** Decodes the best tag of each token. Trained by cross-entropy with label smoothing. */
export const softmax: CreateDecoder = (context, { head, K }): Decoder => ({
  hasPaths: false,
  scratchSize: () => 0,
  loss: tokenLoss(context, { head, K }),
  decode({ kernels, N }, { best, logits }) {
    kernels.argmax(best, logits, N, K);
  },
});

/** The loss of decoders that train each token independently. Tokens are weighted by the weights of their tags. */
export function tokenLoss(
  { training }: LayerContext,
  { head, K }: { head: number; K: number },
): Decoder['loss'] {
  const labelSmoothing = training?.labelSmoothing ?? 0;
  const weights = training?.tagWeights[head] ?? 0;
  return (pass, b, options) => crossEntropy(pass, b, { ...options, K, labelSmoothing, weights });
}

/**
 * loss += scale Σ w(gold) CE(softmax(logits), gold) over the tokens whose tag is known, and writes dlogits. The
 * probability of a set of tags is the sum over its tags.
 */
export function crossEntropy(
  { kernels, N }: BackwardPass,
  { logits, dlogits, gold }: Pick<DecoderBuffers, 'logits' | 'dlogits' | 'gold'>,
  options: LossOptions & { K: number; labelSmoothing: number; weights: Address },
): void {
  const { loss, sets, scale, K, labelSmoothing, weights } = options;
  kernels.softmax_cross_entropy(
    loss,
    dlogits,
    logits,
    gold,
    sets,
    weights,
    N,
    K,
    scale,
    labelSmoothing,
  );
}
