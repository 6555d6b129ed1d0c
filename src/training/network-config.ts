import type { Features } from '../corpus/features/features.ts';
import type { NetworkConfig } from '../network/config.ts';
import { parseFeatures, parsePeriods } from './hyperparameter-values.ts';
import type { Hyperparameters } from './hyperparameters.ts';

/** The shape of the network, from hyperparameters and the sizes of the vocabulary. */
export function networkConfig(
  h: Hyperparameters,
  sizes: Pick<NetworkConfig, 'words' | 'vectorDim' | 'chars' | 'tags' | 'tokenFeatures'>,
): NetworkConfig {
  const { wordDim, charDim, charWidth, charFilters, charHidden, layers, hidden, dense } = h;
  return {
    ...sizes,
    wordDim,
    charEncoder: h.charEncoder as NetworkConfig['charEncoder'],
    charDim,
    charWidth,
    charFilters,
    charHidden,
    featureGroups: hashedFeatures(h)?.groups.length ?? 0,
    featureBuckets: h.featureBuckets,
    featureDim: h.featureDim,
    cell: h.cell as NetworkConfig['cell'],
    activation: h.activation as NetworkConfig['activation'],
    periods: parsePeriods(h.periods)!,
    direction: h.direction as NetworkConfig['direction'],
    merge: h.merge as NetworkConfig['merge'],
    layers,
    between: h.residual ? 'residual' : h.highway ? 'highway' : 'none',
    hidden,
    dense,
    decoder: h.decoder as NetworkConfig['decoder'],
    members: 1,
  };
}

/** The hashed word features; undefined if there are none. */
export function hashedFeatures({
  features,
  featureBuckets,
}: Hyperparameters): Features | undefined {
  const groups = parseFeatures(features);
  return groups && { groups, buckets: featureBuckets };
}
