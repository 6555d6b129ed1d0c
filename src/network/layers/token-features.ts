import { bagLayer } from './bags.ts';
import type { InputLayer, LayerContext } from './layer.ts';

/**
 * Features of a token apart from its form: the values of other columns, and its position in a gazetteer's phrases. In
 * training every token has its own bags, since dropout changes them from step to step. For tagging, a word type in the
 * cache is a form with its token features.
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
