import { concatColumns, splitColumns } from './arrays.ts';
import {
  type CharConvolutionStates,
  type CharConvolutionWeights,
  type CharLstmStates,
  type CharLstmWeights,
  charConvolutionBackward,
  charConvolutionForward,
  charLstmBackward,
  charLstmForward,
  type Words,
} from './characters.ts';
import { dropoutBackward, dropoutForward } from './dropout.ts';
import { embeddingBackward, embeddingForward } from './embedding.ts';
import { crossEntropy } from './loss.ts';
import {
  type BiLstmMasks,
  type BiLstmStates,
  type BiLstmWeights,
  type LstmWeights,
  stackBackward,
  stackForward,
} from './lstm.ts';
import { type DenseWeights, denseBackward, denseForward } from './matmul.ts';
import type { Packing } from './packing.ts';

export type CharEncoder =
  | ({ kind: 'convolution' } & CharConvolutionWeights)
  | ({ kind: 'lstm' } & CharLstmWeights);

export interface TaggerWeights {
  /** Word embeddings: table (V, D). */
  words: { table: Float64Array; D: number };
  characters?: CharEncoder | undefined;
  /** Layer 0 reads D + (character features) columns, the others 2H. */
  layers: BiLstmWeights[];
  /** (2H, K) and (K). */
  dense: DenseWeights;
}

export interface TaggerBatch {
  packing: Packing;
  /** (N): word ids in packed order. */
  words: ArrayLike<number>;
  /** Characters of the N words in packed order; needed with a character encoder. */
  characters?: Words | undefined;
  /** (N): gold tag ids in packed order; a token with a negative id counts nowhere. */
  gold: ArrayLike<number>;
}

export interface TaggerMasks {
  /** Of each layer; `layers[0].input` falls on [word; characters]. */
  layers?: readonly BiLstmMasks[] | undefined;
  /** (N, 2H): onto the output of the last layer. */
  output?: Float64Array | undefined;
}

interface TaggerOptions {
  weights: TaggerWeights;
  batch: TaggerBatch;
  masks?: TaggerMasks | undefined;
}

export interface TaggerStates {
  characters?:
    | ({ kind: 'convolution' } & CharConvolutionStates)
    | ({ kind: 'lstm' } & CharLstmStates)
    | undefined;
  /** (N, D + character features): [word; characters] before dropout. */
  inputs: Float64Array;
  layers: BiLstmStates[];
  /** (N, 2H): after dropout. */
  outputs: Float64Array;
  /** (N, K) */
  logits: Float64Array;
}

function encodeCharacters(
  encoder: CharEncoder,
  words: Words,
): NonNullable<TaggerStates['characters']> {
  return encoder.kind === 'convolution'
    ? { kind: 'convolution', ...charConvolutionForward(words, encoder) }
    : { kind: 'lstm', ...charLstmForward(words, encoder) };
}

/** Columns a character encoder adds to each word: F, or 2H; 0 without one. */
export function charFeatures(encoder: CharEncoder | undefined): number {
  if (!encoder) return 0;
  return encoder.kind === 'convolution'
    ? encoder.bias.length
    : (encoder.forward.b.length + encoder.backward.b.length) / 4;
}

/**
 * [word embedding; character features] → dropout → stacked BiLSTM → dropout → dense: logits (N, K).
 */
export function taggerForward({ weights, batch, masks = {} }: TaggerOptions): TaggerStates {
  const { table, D } = weights.words;
  const words = embeddingForward({ table, ids: batch.words, D }); // (N, D)
  let characters: TaggerStates['characters'];
  let inputs = words;
  if (weights.characters) {
    if (!batch.characters) throw new Error('a character encoder, but no characters in the batch');
    characters = encodeCharacters(weights.characters, batch.characters);
    inputs = concatColumns([words, characters.y], [D, charFeatures(weights.characters)]);
  }
  const { states: layers, y } = stackForward({
    x: inputs,
    layers: weights.layers,
    packing: batch.packing,
    masks: masks.layers,
  });
  const outputs = masks.output ? dropoutForward(y, masks.output) : y; // (N, 2H)
  return { characters, inputs, layers, outputs, logits: denseForward(outputs, weights.dense) };
}

/** Loss of `crossEntropy` over a batch, and the gradient of every weight, shaped as the weights. */
export function taggerStep({
  smoothing,
  ...options
}: TaggerOptions & { smoothing?: number | undefined }): {
  loss: number;
  states: TaggerStates;
  /** (N, K) */
  dlogits: Float64Array;
  /** (N, D + character features): gradient of `states.inputs`. */
  dinputs: Float64Array;
  gradients: TaggerWeights;
} {
  const { weights, batch, masks = {} } = options;
  const states = taggerForward(options);
  const { loss, dlogits } = crossEntropy({ logits: states.logits, gold: batch.gold, smoothing });
  const dense = denseBackward({ dy: dlogits, x: states.outputs, weights: weights.dense });
  const stack = stackBackward({
    dy: masks.output ? dropoutBackward(dense.dx, masks.output) : dense.dx,
    layers: weights.layers,
    states: states.layers,
    packing: batch.packing,
    masks: masks.layers,
  });

  const { table, D } = weights.words;
  const encoder = weights.characters;
  let dwords = stack.dx;
  let characters: CharEncoder | undefined;
  if (encoder) {
    const parts = splitColumns(stack.dx, [D, charFeatures(encoder)]);
    dwords = parts[0]!;
    characters = charactersBackward({
      dy: parts[1]!,
      encoder,
      words: batch.characters!,
      states: states.characters!,
    });
  }
  return {
    loss,
    states,
    dlogits,
    dinputs: stack.dx,
    gradients: {
      words: {
        table: embeddingBackward({ dy: dwords, ids: batch.words, V: table.length / D, D }),
        D,
      },
      characters,
      layers: stack.layers,
      dense: { W: dense.dW, b: dense.db },
    },
  };
}

function charactersBackward({
  dy,
  encoder,
  words,
  states,
}: {
  dy: Float64Array;
  encoder: CharEncoder;
  words: Words;
  states: NonNullable<TaggerStates['characters']>;
}): CharEncoder {
  if (encoder.kind === 'convolution' && states.kind === 'convolution') {
    const d = charConvolutionBackward({ dy, words, weights: encoder, states });
    return {
      kind: 'convolution',
      width: encoder.width,
      embedding: d.dembedding,
      kernel: d.dkernel,
      bias: d.dbias,
    };
  }
  if (encoder.kind === 'lstm' && states.kind === 'lstm') {
    const d = charLstmBackward({ dy, words, weights: encoder, states });
    return { kind: 'lstm', embedding: d.dembedding, forward: d.forward, backward: d.backward };
  }
  throw new Error(`states of ${states.kind} for an encoder of kind ${encoder.kind}`);
}

/**
 * The arrays themselves, not copies, under flat names: `words`, `characters.kernel`,
 * `layers.0.forward.W`, `dense.b` … Gradients have the same names as their weights.
 */
export function namedArrays(weights: TaggerWeights): Record<string, Float64Array> {
  const named: Record<string, Float64Array> = { words: weights.words.table };
  const add = (prefix: string, { W, U, b }: LstmWeights): void => {
    named[`${prefix}.W`] = W;
    named[`${prefix}.U`] = U;
    named[`${prefix}.b`] = b;
  };
  const { characters } = weights;
  if (characters) named['characters.embedding'] = characters.embedding;
  if (characters?.kind === 'convolution') {
    named['characters.kernel'] = characters.kernel;
    named['characters.bias'] = characters.bias;
  }
  if (characters?.kind === 'lstm') {
    add('characters.forward', characters.forward);
    add('characters.backward', characters.backward);
  }
  weights.layers.forEach((layer, l) => {
    add(`layers.${l}.forward`, layer.forward);
    add(`layers.${l}.backward`, layer.backward);
  });
  named['dense.W'] = weights.dense.W;
  named['dense.b'] = weights.dense.b;
  return named;
}
