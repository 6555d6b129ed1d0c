import { type BackendKind, hasNative } from '../../src/backend/backend.ts';
import { cellNames } from '../../src/network/cells/index.ts';
import { MOST_HEADS, type NetworkConfig } from '../../src/network/config.ts';
import type { Engine, WordTypes } from '../../src/network/engine.ts';
import { levelNames } from '../backend/levels.ts';

// Tolerances of a network in float32 against the oracle in float64.
export const LOSS = { abs: 1e-6, rel: 1e-6 };
export const GRADIENT = { abs: 1e-6, rel: 1e-5 };
export const NORM = { abs: 1e-6, rel: 1e-5 };
export const SCORES = { abs: 4e-6, rel: 2e-6 };
export const ADAM = { abs: 1e-5, rel: 1e-6 }; // after three steps of rate 0.01

export const kinds: BackendKind[] = hasNative() ? ['wasm', 'native'] : ['wasm'];
/** The first and the last level. Kernels have their own tests at all levels. */
export const networkLevels = [levelNames[0]!, ...levelNames.slice(1).slice(-1)];

export const encoders = ['none', 'cnn', 'lstm'] as const;
export const dropout = { input: 0.3, output: 0.4, recurrent: 0.2 };

export const read =
  (engine: Engine) =>
  (name: string): Float32Array =>
    engine.getParameter(name);

/** A sentence of every type of a table. */
export const allOf = ({ words }: WordTypes): Int32Array => words.map((_, type) => type);

export const clockwork = { cell: 'clockwork', periods: [1, 2, 3] } as const;
export const kindsOfCells: readonly Partial<NetworkConfig>[] = [
  ...cellNames.filter((cell) => cell !== 'clockwork').map((cell) => ({ cell })),
  { cell: 'rnn', activation: 'relu' },
  clockwork,
];
/** Networks with each kind of layer and each choice. */
export const networks: readonly Partial<NetworkConfig>[] = [
  ...kindsOfCells.flatMap((cell) => [1, 2, 3].map((layers) => ({ ...cell, layers }))),
  ...(['forward', 'backward'] as const).flatMap((direction) => [
    { cell: 'lstm', direction, layers: 2 } as const,
    { cell: 'gru', direction, layers: 1 } as const,
    { cell: 'depth-gated', direction, layers: 3 } as const,
    { ...clockwork, direction, layers: 2 },
  ]),
  ...(['sum', 'mean', 'product'] as const).flatMap((merge) => [
    { merge, layers: 2 },
    { merge, cell: 'depth-gated', between: 'highway', layers: 2 } as const,
    { merge, cell: 'gru', between: 'residual', layers: 3 } as const,
  ]),
  { between: 'residual', layers: 3 },
  { between: 'highway', layers: 3 },
  { between: 'highway', direction: 'backward', cell: 'rnn', layers: 2 },
  { dense: 1 },
  { dense: 3, direction: 'forward', cell: 'coupled' },
  { tags: [5, 3] },
  { tags: [2, 7, 4], dense: 2, layers: 2 },
  { tags: Array<number>(MOST_HEADS).fill(2) },
  { decoder: 'crf' },
  { decoder: 'crf', tags: [4, 9], cell: 'gru', layers: 2 },
  { featureGroups: 3, featureBuckets: 6, featureDim: 4 },
  { featureGroups: 2, featureBuckets: 4, featureDim: 3, charEncoder: 'cnn', layers: 2 },
  { featureGroups: 1, featureBuckets: 9, featureDim: 1, charEncoder: 'lstm', cell: 'gru' },
  { tokenFeatures: { groups: 1, rows: 7, dim: 3 } },
  { languageModel: { words: 6, dim: 4 } },
  { languageModel: { words: 11, dim: 17 }, layers: 3, between: 'highway', cell: 'depth-gated' },
  { languageModel: { words: 6, dim: 3 }, direction: 'backward', layers: 2, dense: 1 },
  { tokenFeatures: { groups: 3, rows: 12, dim: 1 }, charEncoder: 'cnn', layers: 2, cell: 'gru' },
  { vectorDim: 3, charEncoder: 'cnn' },
];
/** A network with as many kinds of layers as one can have. */
export const everything: Partial<NetworkConfig> = {
  cell: 'depth-gated',
  merge: 'mean',
  between: 'highway',
  layers: 3,
  dense: 1,
  charEncoder: 'cnn',
  featureGroups: 2,
  featureBuckets: 5,
  featureDim: 3,
  vectorDim: 6,
  tokenFeatures: { groups: 2, rows: 10, dim: 4 },
  tags: [5, 3],
};
/** The networks with names for tests. */
export const named = (configs: readonly Partial<NetworkConfig>[]) =>
  configs.map((config) => ({
    config,
    name: Object.entries(config)
      .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(', '),
  }));
