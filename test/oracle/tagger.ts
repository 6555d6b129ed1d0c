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
import {
  directions,
  type LayerLinks,
  type LayerMasks,
  type LayerStates,
  type LayerWeights,
  type PerDirection,
  stackBackward,
  stackForward,
} from './layer.ts';
import { crossEntropy } from './loss.ts';
import { type DenseWeights, denseBackward, denseForward } from './matmul.ts';
import type { Packing } from './packing.ts';
import type { CellWeights } from './recurrence.ts';

export type CharEncoder =
  | ({ kind: 'convolution' } & CharConvolutionWeights)
  | ({ kind: 'lstm' } & CharLstmWeights);

export interface TaggerWeights {
  /** Word embeddings: table (V, D). */
  words: { table: Float64Array; D: number };
  characters?: CharEncoder | undefined;
  /** Layer 0 reads D + (character features) columns, the others the M that the one before gives. */
  layers: LayerWeights[];
  /** Layers of tanh units: (M, H) and (H), then (H, H) and (H). */
  dense?: DenseWeights[] | undefined;
  /** (M, K) or, on dense layers, (H, K); and (K). */
  output: DenseWeights;
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
  layers?: readonly LayerMasks[] | undefined;
  /** (N, M): onto what the last of the layers gives. */
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
  layers: LayerStates[];
  /** (N, M): what the layers give, after dropout. */
  outputs: Float64Array;
  /** (N, H): what each dense layer gives. */
  dense: Float64Array[];
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
 * [word embedding; character features] → dropout → recurrent layers → dropout → dense layers, each
 * tanh(x · W + b) → output: logits (N, K).
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
  const { states: layers, out } = stackForward({
    x: inputs,
    layers: weights.layers,
    packing: batch.packing,
    masks: masks.layers,
  });
  const outputs = masks.output ? dropoutForward(out, masks.output) : out; // (N, M)
  const dense: Float64Array[] = [];
  for (const layer of weights.dense ?? []) {
    dense.push(denseForward(dense.at(-1) ?? outputs, layer).map(Math.tanh));
  }
  const logits = denseForward(dense.at(-1) ?? outputs, weights.output);
  return { characters, inputs, layers, outputs, dense, logits };
}

/**
 * Loss of `crossEntropy` over a batch, or another of the logits, and the gradient of every weight,
 * shaped as the weights; `links` truncate backpropagation through time in each layer.
 */
export function taggerStep({
  smoothing,
  links,
  lossOf = (logits) => crossEntropy({ logits, gold: options.batch.gold, smoothing }),
  ...options
}: TaggerOptions & {
  smoothing?: number | undefined;
  /** Of logits (N, K), with its gradient. */
  lossOf?: ((logits: Float64Array) => { loss: number; dlogits: Float64Array }) | undefined;
  links?: readonly LayerLinks[] | undefined;
}): {
  loss: number;
  states: TaggerStates;
  /** (N, K) */
  dlogits: Float64Array;
  /** (N, D + character features): gradient of `states.inputs`. */
  dinputs: Float64Array;
  /** Of each layer and direction, (N, H): the whole gradients of its h, through later steps too. */
  dhTotal: PerDirection<Float64Array>[];
  gradients: TaggerWeights;
} {
  const { weights, batch, masks = {} } = options;
  const states = taggerForward(options);
  const { loss, dlogits } = lossOf(states.logits);
  const head = headBackward({ dlogits, weights, states });
  const stack = stackBackward({
    dout: masks.output ? dropoutBackward(head.dx, masks.output) : head.dx,
    layers: weights.layers,
    states: states.layers,
    packing: batch.packing,
    masks: masks.layers,
    links,
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
    dhTotal: stack.dhTotal,
    gradients: {
      words: {
        table: embeddingBackward({ dy: dwords, ids: batch.words, V: table.length / D, D }),
        D,
      },
      characters,
      layers: stack.layers,
      dense: head.dense,
      output: head.output,
    },
  };
}

/** Given dlogits (N, K): dx (N, M), and the gradients of the output and of the dense layers. */
function headBackward({
  dlogits,
  weights,
  states,
}: {
  dlogits: Float64Array;
  weights: TaggerWeights;
  states: TaggerStates;
}): { dx: Float64Array; dense: DenseWeights[]; output: DenseWeights } {
  const read = [states.outputs, ...states.dense]; // by each dense layer, and by the output
  const output = denseBackward({ dy: dlogits, x: read.at(-1)!, weights: weights.output });
  const dense: DenseWeights[] = [];
  let dx = output.dx;
  for (let i = states.dense.length - 1; i >= 0; i--) {
    const y = states.dense[i]!;
    const da = dx.map((d, j) => d * (1 - y[j]! ** 2));
    const back = denseBackward({ dy: da, x: read[i]!, weights: weights.dense![i]! });
    dense.unshift({ W: back.dW, b: back.db });
    dx = back.dx;
  }
  return { dx, dense, output: { W: output.dW, b: output.db } };
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
 * `layers.0.forward.W`, `layers.0.forward.peephole`, `highway.1.W`, `dense.0.b`, `output.b` …
 * Gradients have the same names as their weights.
 */
export function namedArrays(weights: TaggerWeights): Record<string, Float64Array> {
  const named: Record<string, Float64Array> = { words: weights.words.table };
  const add = (prefix: string, of: Partial<CellWeights> = {}): void => {
    for (const name of ['W', 'U', 'b', 'peephole', 'candidate'] as const) {
      if (of[name]) named[`${prefix}.${name}`] = of[name];
    }
  };
  const { characters } = weights;
  if (characters) named['characters.embedding'] = characters.embedding;
  if (characters?.kind === 'convolution') {
    named['characters.kernel'] = characters.kernel;
    named['characters.bias'] = characters.bias;
  }
  if (characters?.kind === 'lstm') {
    for (const direction of directions) add(`characters.${direction}`, characters[direction]);
  }
  weights.layers.forEach((layer, l) => {
    for (const direction of directions) add(`layers.${l}.${direction}`, layer[direction]);
    add(`highway.${l}`, layer.highway);
  });
  weights.dense?.forEach((layer, i) => {
    add(`dense.${i}`, layer);
  });
  add('output', weights.output);
  return named;
}
