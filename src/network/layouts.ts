import { Layout, type Space } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address } from '../backend/kernels.ts';
import { cellOf } from './cells/index.ts';
import { type CharLayout, layoutChars, type TypeSizes } from './characters.ts';
import { directionsOf, inputSize, layerSize, type NetworkConfig, times } from './config.ts';
import { type FeatureLayout, layoutFeatures } from './features.ts';
import {
  type LayerScratch,
  type LayerSpace,
  type LayerTape,
  layoutLayer,
  layoutLayerScratch,
  layoutSpace,
} from './layer.ts';
import { crfScratchSize } from './layers/decoders/crf.ts';
import { layoutTokens, type TokenLayout } from './tokens.ts';

// Where the numbers of one batch lie. The thread that prepares a batch writes a header of sizes at its beginning, and
// every thread that works on it computes the same layout from that header.

export interface LayoutOptions {
  readonly panelWidth: number;
  readonly recurrentDropout: boolean;
  /** Truncated backpropagation. */
  readonly links: boolean;
}

/** Floats that a network has of one type in the cache of first-layer pre-activations: G H of each direction. */
export const memberCacheWidth = (config: NetworkConfig): number =>
  directionsOf(config).length * cellOf(config, 0).gates * config.hidden;

/** The same of all members of an ensemble, side by side. */
export const cacheWidth = (config: NetworkConfig): number =>
  config.members * memberCacheWidth(config);

/** Sizes of types whose projections go to the cache. */
export interface CachedSizes extends TypeSizes {
  /** Members of all bags of features of tokens. */
  readonly P: number;
}

/** Sizes of a shard: N tokens in B sentences over T steps, and its types. */
export interface ShardSizes extends CachedSizes {
  readonly N: number;
  readonly T: number;
  readonly B: number;
}

const HEADER = 16;
export const shardKeys = ['N', 'T', 'B', 'Y', 'L', 'Q', 'longest', 'M', 'P'] as const;
export const typeKeys = ['Y', 'L', 'Q', 'longest', 'M', 'P'] as const;
export const chunkKeys = ['N', 'T', 'B'] as const;

export function writeSizes<K extends string>(
  header: Int32Array,
  keys: readonly K[],
  sizes: Readonly<Record<K, number>>,
): void {
  for (let i = 0; i < keys.length; i++) header[i] = sizes[keys[i]!];
}
export function readSizes<K extends string>(
  header: Int32Array,
  keys: readonly K[],
): Record<K, number> {
  const sizes = {} as Record<K, number>;
  for (let i = 0; i < keys.length; i++) sizes[keys[i]!] = header[i]!;
  return sizes;
}

/** Training: what one head computes, of K tags. */
export interface HeadSpace {
  readonly gold: Address; // (N) as in TrainingBatch.tags
  readonly logits: Address; // (N, K)
  readonly dlogits: Address; // (N, K)
  readonly packed: Address; // dlogits, packed
  readonly crf: Address; // scratch, 0 where it trains none
}

/** Training: one of the fixed parts of a batch, forward and backward. */
export interface ShardLayout {
  readonly rows: Address; // (T)
  readonly words: Address; // (N) rows of word.embedding
  readonly types: Address; // (N) places among the shard's types
  readonly clocks: readonly [Address, Address]; // (N) of a clockwork, for each direction, else 0
  readonly chars: CharLayout;
  readonly features: FeatureLayout;
  readonly tokens: TokenLayout; // of the N tokens
  readonly x: Address; // (N, D) what the first layer reads
  readonly masks: readonly Address[]; // input of layer l: (B, inputSize(l)); last: of what stands on the layers
  readonly layers: readonly LayerTape[];
  readonly scratch: LayerScratch;
  readonly dout: readonly [Address, Address]; // (N, M), for one layer and the layer above
  readonly dense: readonly Address[]; // (N, H) what each dense layer gives
  readonly packedDense: readonly Address[]; // (N, H) its gradient, packed
  readonly ddense: readonly [Address, Address]; // (N, H), for one dense layer and the one above
  readonly heads: readonly HeadSpace[];
  /** All that it takes. */
  readonly space: Space;
}

/** @param begin where each kind of buffers begins */
export function layoutShard(
  config: NetworkConfig,
  options: LayoutOptions,
  sizes: ShardSizes,
  begin: Record<keyof Space, Address>,
): ShardLayout {
  const integers = new Layout(begin.integers);
  const kept = new Layout(begin.kept);
  const scratch = new Layout(begin.scratch);
  const space = { integers, kept, scratch };
  integers.take(HEADER);
  const { N, T, B } = sizes;
  const { hidden: H, tags, layers } = config;
  const { panelWidth } = options;
  const training = { panelWidth, training: true };
  const M = layerSize(config);
  const pair = (isNeeded: boolean, width: number): readonly [Address, Address] =>
    isNeeded ? [scratch.take(N * width), scratch.take(N * width)] : [0, 0];
  return {
    rows: integers.take(T),
    words: integers.take(N),
    types: integers.take(N),
    clocks: pair(config.cell === 'clockwork', 1),
    chars: layoutChars(space, config, sizes, training),
    features: layoutFeatures(space, config, sizes, training),
    tokens: layoutTokens(space, config, { n: N, P: sizes.P, training: true }),
    x: kept.take(N * inputSize(config, 0)),
    masks: times(layers + 1, (l) => scratch.take(B * inputSize(config, l))),
    layers: times(layers, (layer) => layoutLayer(space, config, { N, B, layer }, options)),
    scratch: layoutLayerScratch(scratch, config, N),
    dout: pair(true, M),
    dense: times(config.dense, () => kept.take(N * H)),
    packedDense: times(config.dense, () => kept.take(packedSize(panelWidth, N, H))),
    ddense: pair(config.dense > 0, H),
    heads: tags.map((K) => ({
      gold: integers.take(N),
      logits: scratch.take(N * K),
      dlogits: scratch.take(N * K),
      packed: kept.take(packedSize(panelWidth, N, K)),
      crf: config.decoder === 'crf' ? scratch.take(crfScratchSize(panelWidth, { N, B, K })) : 0,
    })),
    space,
  };
}

/** Tagging, first part: types whose projections go to the cache. */
export interface TypesLayout {
  readonly words: Address; // (Y) rows of word.embedding
  readonly places: Address; // (Y) 0, 1, ...: types in the order of the cache, as they lie in `chars`
  readonly chars: CharLayout;
  readonly features: FeatureLayout;
  readonly tokens: TokenLayout; // of the Y types
  readonly x: Address; // (Y, D)
  readonly end: Address;
}

export function layoutTypes(
  config: NetworkConfig,
  options: LayoutOptions,
  sizes: CachedSizes,
  begin: Address,
): TypesLayout {
  const layout = new Layout(begin);
  layout.take(HEADER);
  const space = { integers: layout, kept: layout, scratch: layout };
  const tagging = { panelWidth: options.panelWidth, training: false };
  return {
    words: layout.take(sizes.Y),
    places: layout.take(sizes.Y),
    chars: layoutChars(space, config, sizes, tagging),
    features: layoutFeatures(space, config, sizes, tagging),
    tokens: layoutTokens(space, config, { n: sizes.Y, P: sizes.P, training: false }),
    x: layout.take(sizes.Y * inputSize(config, 0)),
    end: layout.end,
  };
}

/** Tagging, second part: a few sentences over cached projections. */
export interface ChunkLayout {
  readonly rows: Address; // (T)
  readonly slots: Address; // (N) rows of the cache
  readonly clocks: readonly [Address, Address]; // (N), as of a shard
  readonly scratch: Address; // (B, (G + 3) H)
  readonly pre: Address; // (N, G H), layers above the first
  readonly layers: readonly (LayerSpace & { c: readonly [Address, Address] })[]; // c (N, H), if a layer above sees it
  readonly dense: readonly Address[]; // (N, H)
  readonly heads: readonly {
    logits: Address; // (N, K)
    best: Address; // (N)
    score: Address; // (B) of the best paths, where a path is sought, else 0
    crf: Address; // and scratch for it
  }[];
  readonly end: Address;
}

export function layoutChunk(
  config: NetworkConfig,
  { panelWidth }: LayoutOptions,
  sizes: Omit<ShardSizes, keyof CachedSizes>,
  begin: Address,
): ChunkLayout {
  const layout = new Layout(begin);
  layout.take(HEADER);
  const { N, T, B } = sizes;
  const { hidden: H, tags, layers } = config;
  const { gates } = cellOf(config, layers - 1);
  const pair = (isNeeded: boolean, width: number): readonly [Address, Address] =>
    isNeeded ? [layout.take(N * width), layout.take(N * width)] : [0, 0];
  return {
    rows: layout.take(T),
    slots: layout.take(N),
    clocks: pair(config.cell === 'clockwork', 1),
    scratch: layout.take(B * (gates + 3) * H),
    pre: layers > 1 ? layout.take(N * gates * H) : 0,
    layers: times(layers, (layer) => ({
      ...layoutSpace(layout, config, { N, layer }),
      c: pair(layers > 1 && cellOf(config, layers - 1).below === true, H),
    })),
    dense: times(config.dense, () => layout.take(N * H)),
    heads: tags.map((K) => ({
      logits: layout.take(N * K),
      best: layout.take(N),
      ...(config.decoder === 'softmax'
        ? { score: 0, crf: 0 }
        : { score: layout.take(B), crf: layout.take(crfScratchSize(panelWidth, { N, B, K })) }),
    })),
    end: layout.end,
  };
}
