import { bagLayer } from './bags.ts';
import type { InputLayer, LayerContext } from './layer.ts';

/** Features of a word's form (affixes, shape, character n-grams), hashed to the rows of one table. */
export function hashedFeatures(context: LayerContext): InputLayer | undefined {
  const { featureGroups: groups, featureBuckets, featureDim: dim } = context.config;
  if (groups === 0) return undefined;
  return bagLayer(context, {
    name: 'feature.embedding',
    rows: groups * featureBuckets,
    groups,
    dim,
    of: 'types',
    eachItem({ ids, types }, visit) {
      for (const id of ids) visit(types.bags, id);
    },
  });
}
