import { bagLayer } from './bags.ts';
import type { InputLayer, LayerContext } from './layer.ts';

/**
 * Token features other than the word form: the values of feature columns, and matches with phrases of a gazetteer. In
 * training each token has separate bags, because dropout changes them from step to step. In tagging, a cached word type
 * is a form together with its token features.
 */
export function tokenFeatures(context: LayerContext): InputLayer | undefined {
  const { tokenFeatures: features } = context.config;
  if (!features) return undefined;
  return bagLayer(context, {
    ...features,
    name: 'token.embedding',
    of: 'tokens',
    eachItem: ({ eachToken }, visit) => eachToken(visit),
  });
}
