import { type Cell, type CellChoice, cellOf, lstm } from './cells.ts';
import type { Words } from './characters.ts';
import {
  type Direction,
  directions,
  type LayerLinks,
  type LayerMasks,
  type LayerWeights,
  type Merge,
} from './layer.ts';
import type { DenseWeights } from './matmul.ts';
import { expandMask, type Packing, packingOfLengths } from './packing.ts';
import type { CellWeights } from './recurrence.ts';
import type { Rng } from './rng.ts';
import {
  type CharEncoder,
  charFeatures,
  type TaggerBatch,
  type TaggerMasks,
  type TaggerWeights,
} from './tagger.ts';

/** Random weights of one direction, D to H. */
export function randomCell(random: Rng, cell: Cell, D: number, H: number): CellWeights {
  const { gates: G, recurrent: R, peepholes, candidate } = cell;
  return {
    W: random.array(D * G * H, 0.5),
    U: random.array(H * R * H, 0.5),
    b: random.array(G * H, 0.5),
    ...(peepholes && { peephole: random.array(peepholes * H, 0.5) }),
    ...(candidate && { candidate: random.array(H * H, 0.5) }),
  };
}

/** What layers are like; LSTMs in both directions, side by side, if left out. */
export interface StackSizes extends Partial<CellChoice> {
  layers: number;
  H: number;
  direction?: 'both' | Direction;
  merge?: Merge;
  between?: 'none' | 'residual' | 'highway';
}

/** M: columns that a layer of these sizes gives. */
export const layerWidth = ({ H, direction = 'both', merge = 'concat' }: StackSizes): number =>
  direction === 'both' && merge === 'concat' ? 2 * H : H;

/** Random weights of layers, D to M, then M to M. */
export function randomStack(random: Rng, D: number, sizes: StackSizes): LayerWeights[] {
  const { cell = 'lstm', layers, H, direction = 'both', merge, between = 'none' } = sizes;
  const M = layerWidth(sizes);
  return Array.from({ length: layers }, (_, l) => {
    const layer: LayerWeights = { cell: cellOf({ ...sizes, cell }, l), merge };
    for (const d of directions) {
      if (direction === 'both' || direction === d) {
        layer[d] = randomCell(random, layer.cell, l === 0 ? D : M, H);
      }
    }
    if (l > 0 && between === 'residual') layer.residual = true;
    if (l > 0 && between === 'highway') layer.highway = randomDense(random, M, M);
    return layer;
  });
}

const randomDense = (random: Rng, inputs: number, outputs: number): DenseWeights => ({
  W: random.array(inputs * outputs, 0.5),
  b: random.array(outputs, 0.5),
});

export interface TaggerSizes extends StackSizes {
  /** Words, and columns of their embedding. */
  V: number;
  D: number;
  /** Characters, columns of their embedding, and either filters F of a width or units H a direction. */
  characters?:
    | { kind: 'convolution'; C: number; E: number; F: number; width: number }
    | { kind: 'lstm'; C: number; E: number; H: number }
    | undefined;
  /** Dense layers. */
  dense?: number;
  /** Tags. */
  K: number;
}

/** Random weights of a whole tagger, for tests. */
export function randomTagger(random: Rng, sizes: TaggerSizes): TaggerWeights {
  const { V, D, H, K, dense = 0 } = sizes;
  let characters: CharEncoder | undefined;
  if (sizes.characters?.kind === 'convolution') {
    const { C, E, F, width } = sizes.characters;
    characters = {
      kind: 'convolution',
      width,
      embedding: random.array(C * E),
      kernel: random.array(width * E * F, 0.5),
      bias: random.array(F, 0.5),
    };
  } else if (sizes.characters?.kind === 'lstm') {
    const { C, E, H: units } = sizes.characters;
    characters = {
      kind: 'lstm',
      embedding: random.array(C * E),
      forward: randomCell(random, lstm, E, units),
      backward: randomCell(random, lstm, E, units),
    };
  }
  return {
    words: { table: random.array(V * D), D },
    characters,
    layers: randomStack(random, D + charFeatures(characters), sizes),
    dense: Array.from({ length: dense }, (_, i) =>
      randomDense(random, i === 0 ? layerWidth(sizes) : H, H),
    ),
    output: randomDense(random, dense > 0 ? H : layerWidth(sizes), K),
  };
}

/** Words of the given lengths with random characters below C. */
export function randomWords(random: Rng, lengths: readonly number[], C: number): Words {
  const starts = [0];
  for (const length of lengths) starts.push(starts.at(-1)! + length);
  return { ids: random.integers(starts.at(-1)!, C), starts: Int32Array.from(starts) };
}

/** A random batch for a tagger of `sizes`, words of 1 to 7 characters, every third gold id -1. */
export function randomBatch(
  random: Rng,
  sizes: TaggerSizes,
  lengths: readonly number[],
): TaggerBatch {
  const packing = packingOfLengths(lengths);
  const { N } = packing;
  const wordLengths = Array.from({ length: N }, () => 1 + random.integer(7));
  return {
    packing,
    words: random.integers(N, sizes.V),
    characters: sizes.characters && randomWords(random, wordLengths, sizes.characters.C),
    gold: random.integers(N, sizes.K).map((id, n) => (n % 3 === 2 ? -1 : id)),
  };
}

/** Random recurrent masks of each direction, and one input mask per sentence, over its tokens. */
export function randomMasks(
  random: Rng,
  { layer, packing, drop }: { layer: LayerWeights; packing: Packing; drop: number },
): LayerMasks {
  const { W, b } = (layer.forward ?? layer.backward)!;
  const H = b.length / layer.cell.gates;
  const masks: LayerMasks = {
    input: expandMask(random.mask((packing.B * W.length) / b.length, drop), packing),
  };
  for (const d of directions) if (layer[d]) masks[d] = random.mask(packing.B * H, drop);
  return masks;
}

/** Masks of every place where a tagger has dropout. */
export function randomTaggerMasks(
  random: Rng,
  { weights, packing, drop }: { weights: TaggerWeights; packing: Packing; drop: number },
): TaggerMasks {
  const { W, b } = weights.dense?.[0] ?? weights.output;
  return {
    layers: weights.layers.map((layer) => randomMasks(random, { layer, packing, drop })),
    output: random.mask((packing.N * W.length) / b.length, drop),
  };
}

/** Links of any weights for each direction of each layer. */
export function randomLinks(
  random: Rng,
  { layers, packing }: { layers: readonly LayerWeights[]; packing: Packing },
): LayerLinks[] {
  return layers.map((layer) =>
    Object.fromEntries(directions.filter((d) => layer[d]).map((d) => [d, random.array(packing.N)])),
  );
}
