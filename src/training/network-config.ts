import type { Features } from '../corpus/features/features.ts';
import type { Model } from '../model/model.ts';
import type { NetworkConfig } from '../network/config.ts';
import { parseFeatures, parsePeriods } from './hyperparameter-values.ts';
import type { Hyperparameters, Settings } from './hyperparameters.ts';

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

/** The hyperparameters that determine the shape of a model's network: `networkConfig` of them is its configuration. */
export function architectureOf({
  config,
  vocabulary: { features, lowercase },
  tagColumns,
}: Pick<Model, 'config' | 'vocabulary' | 'tagColumns'>): Settings {
  const { wordDim, charEncoder, charDim, charWidth, charFilters, charHidden } = config;
  const { featureBuckets, featureDim, tokenFeatures, cell, activation, periods } = config;
  const { direction, merge, layers, between, hidden, dense, decoder } = config;
  const trained = tagColumns.find(({ trainedScheme }) => trainedScheme !== 'none')?.trainedScheme;
  return {
    ...{ wordDim, charEncoder, charDim, charWidth, charFilters, charHidden, lowercase },
    features: features?.groups.join() ?? 'none',
    ...(features && { featureBuckets, featureDim }),
    ...(tokenFeatures && { columnDim: tokenFeatures.dim }),
    ...{ cell, activation, periods: periods.join(), direction, merge, layers },
    residual: between === 'residual',
    highway: between === 'highway',
    ...{ hidden, dense, decoder },
    ...(trained && {
      tagScheme: trained === 'BIOES' ? 'auto' : trained === 'BIO' ? trained : 'corpus',
    }),
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
