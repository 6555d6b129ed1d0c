import { characterCnn } from './character-cnn.ts';
import { characterLstm } from './character-lstm.ts';
import { denseLayer } from './dense.ts';
import { dropoutLayer } from './dropout.ts';
import { hashedFeatures } from './hashed-features.ts';
import { highway } from './highway.ts';
import type { HiddenLayer, InputLayer, LayerContext } from './layer.ts';
import { type OutputHead, outputHead } from './output.ts';
import { type RecurrentLayer, recurrentLayer } from './recurrent.ts';
import { residual } from './residual.ts';
import { tokenFeatures } from './token-features.ts';
import { wordEmbedding } from './word-embedding.ts';
import { wordVectors } from './word-vectors.ts';

// The layers of a network. Their order determines the order of parameters in model files and of the initial random
// values.

/** The layers that compute x, in the order of its columns. The word embedding must come first. */
export const inputLayers = (context: LayerContext): InputLayer[] =>
  [
    wordEmbedding(context),
    wordVectors(context),
    characterCnn(context),
    characterLstm(context),
    hashedFeatures(context),
    tokenFeatures(context),
  ].filter((layer) => layer !== undefined);

export interface HiddenLayers {
  /** From the bottom up. */
  readonly layers: readonly HiddenLayer[];
  /** The first recurrent layer. */
  readonly first: RecurrentLayer;
  /** Index in `layers` of the first recurrent layer, or of its dropout, which changes its output in place. */
  readonly firstOutput: number;
  /** Index in `layers` of the last recurrent layer. */
  readonly top: number;
}

/** The layers between x, of D columns, and the heads. */
export function hiddenLayers(context: LayerContext, D: number): HiddenLayers {
  const { config } = context;
  const layers: HiddenLayer[] = [];
  let inputs = D;
  const add = (layer: HiddenLayer | undefined): void => {
    if (!layer) return;
    layers.push(layer);
    inputs = layer.width;
  };
  let first: RecurrentLayer | undefined;
  let firstOutput = 0;
  for (let layer = 0; layer < config.layers; layer++) {
    add(dropoutLayer(context, { layer, inputs }));
    if (layer === 1) firstOutput = layers.length - 1;
    const recurrent = recurrentLayer(context, { layer, inputs });
    first ??= recurrent;
    add(layer === 0 ? recurrent : connected(context, recurrent, layer));
  }
  const top = layers.length - 1;
  add(dropoutLayer(context, { layer: config.layers, inputs }));
  if (config.layers === 1) firstOutput = layers.length - 1;
  for (let layer = 0; layer < config.dense; layer++) add(denseLayer(context, { layer, inputs }));
  return { layers, first: first!, firstOutput, top };
}

/** A recurrent layer above the first, with its residual or highway connection. */
function connected(context: LayerContext, recurrent: RecurrentLayer, layer: number): HiddenLayer {
  switch (context.config.between) {
    case 'none':
      return recurrent;
    case 'residual':
      return residual(recurrent);
    case 'highway':
      return highway(context, recurrent, { name: `highway.${layer}` });
  }
}

export const outputHeads = (context: LayerContext, inputs: number): OutputHead[] =>
  context.config.tags.map((_, head) => outputHead(context, { head, inputs }));
