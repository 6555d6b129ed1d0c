import type { Words } from './characters.ts';
import type { BiLstmMasks, BiLstmWeights, LstmWeights } from './lstm.ts';
import { expandMask, type Packing, packingOfLengths } from './packing.ts';
import type { Rng } from './rng.ts';
import {
  type CharEncoder,
  charFeatures,
  type TaggerBatch,
  type TaggerMasks,
  type TaggerWeights,
} from './tagger.ts';

/** Random weights of one direction, D to H. */
export function randomLstm(random: Rng, D: number, H: number): LstmWeights {
  return {
    W: random.array(D * 4 * H, 0.5),
    U: random.array(H * 4 * H, 0.5),
    b: random.array(4 * H, 0.5),
  };
}

/** Random weights of bidirectional layers, D to 2H, then 2H to 2H. */
export function randomStack(
  random: Rng,
  { D, H, layers }: { D: number; H: number; layers: number },
): BiLstmWeights[] {
  return Array.from({ length: layers }, (_, l) => ({
    forward: randomLstm(random, l === 0 ? D : 2 * H, H),
    backward: randomLstm(random, l === 0 ? D : 2 * H, H),
  }));
}

export interface TaggerSizes {
  /** Words, and columns of their embedding. */
  V: number;
  D: number;
  /** Characters, columns of their embedding, and either filters F of a width or units H a direction. */
  characters?:
    | { kind: 'convolution'; C: number; E: number; F: number; width: number }
    | { kind: 'lstm'; C: number; E: number; H: number }
    | undefined;
  layers: number;
  H: number;
  /** Tags. */
  K: number;
}

/** Random weights of a whole tagger, for tests. */
export function randomTagger(random: Rng, sizes: TaggerSizes): TaggerWeights {
  const { V, D, layers, H, K } = sizes;
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
      forward: randomLstm(random, E, units),
      backward: randomLstm(random, E, units),
    };
  }
  return {
    words: { table: random.array(V * D), D },
    characters,
    layers: randomStack(random, { D: D + charFeatures(characters), H, layers }),
    dense: { W: random.array(2 * H * K, 0.5), b: random.array(K, 0.5) },
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

/** Random recurrent masks of both directions, and one input mask per sentence, over its tokens. */
export function randomMasks(
  random: Rng,
  { packing, D, H, drop }: { packing: Packing; D: number; H: number; drop: number },
): { [Name in keyof BiLstmMasks]-?: Float64Array } {
  return {
    input: expandMask(random.mask(packing.B * D, drop), packing),
    forward: random.mask(packing.B * H, drop),
    backward: random.mask(packing.B * H, drop),
  };
}

/** Masks of every place where a tagger has dropout. */
export function randomTaggerMasks(
  random: Rng,
  { weights, packing, drop }: { weights: TaggerWeights; packing: Packing; drop: number },
): TaggerMasks {
  const H = weights.dense.W.length / weights.dense.b.length / 2;
  const D = weights.words.D + charFeatures(weights.characters);
  return {
    layers: weights.layers.map((_, l) =>
      randomMasks(random, { packing, D: l === 0 ? D : 2 * H, H, drop }),
    ),
    output: random.mask(packing.N * 2 * H, drop),
  };
}
