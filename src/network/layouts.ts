import { Layout } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address } from '../backend/kernels.ts';
import { type CharLayout, layoutChars, type TypeSizes } from './characters.ts';
import { inputSize, type NetworkConfig } from './config.ts';
import { type LstmScratch, type LstmTape, layoutScratch, layoutTape } from './lstm.ts';

// Where the numbers of one batch lie. The thread that prepares a batch writes a header of sizes at its beginning, and
// every thread that works on it computes the same layout from that header.

export interface LayoutOptions {
  readonly panelWidth: number;
  readonly recurrentDropout: boolean;
}

/** Sizes of a shard: N tokens in B sentences over T steps, and its types. */
export interface ShardSizes extends TypeSizes {
  readonly N: number;
  readonly T: number;
  readonly B: number;
}

const HEADER = 16;
export const shardKeys = ['N', 'T', 'B', 'Y', 'L', 'Q', 'longest'] as const;
export const typeKeys = ['Y', 'L', 'Q', 'longest'] as const;
export const chunkKeys = ['N', 'T', 'B'] as const;

export const writeSizes = <K extends string>(
  header: Int32Array,
  keys: readonly K[],
  sizes: Readonly<Record<K, number>>,
): void =>
  keys.forEach((key, i) => {
    header[i] = sizes[key];
  });
export const readSizes = <K extends string>(
  header: Int32Array,
  keys: readonly K[],
): Record<K, number> =>
  Object.fromEntries(keys.map((key, i) => [key, header[i]!])) as Record<K, number>;

/** Training: one of the fixed parts of a batch, forward and backward. */
export interface ShardLayout {
  readonly rows: Address; // (T)
  readonly words: Address; // (N) rows of word.embedding
  readonly types: Address; // (N) places among the shard's types
  readonly gold: Address; // (N) tags, negative where unknown
  readonly chars: CharLayout;
  readonly x: Address; // (N, D) what the first layer reads
  readonly masks: readonly Address[]; // input of layer l: (B, inputSize(l)); last: of the dense layer (B, 2H)
  readonly layers: readonly { tapes: readonly LstmTape[]; out: Address }[]; // out (N, 2H)
  readonly scratch: LstmScratch;
  readonly dout: readonly [Address, Address]; // (N, 2H), for one layer and the layer above
  readonly logits: Address; // (N, K)
  readonly dlogits: Address;
  readonly packed: Address; // dlogits packed
  readonly end: Address;
}

export function layoutShard(
  config: NetworkConfig,
  options: LayoutOptions,
  sizes: ShardSizes,
  begin: Address,
): ShardLayout {
  const layout = new Layout(begin);
  layout.take(HEADER);
  const { N, T, B } = sizes;
  const { hidden: H, tags: K, layers } = config;
  const { panelWidth, recurrentDropout } = options;
  return {
    rows: layout.take(T),
    words: layout.take(N),
    types: layout.take(N),
    gold: layout.take(N),
    chars: layoutChars(layout, config, { ...sizes, panelWidth, training: true }),
    x: layout.take(N * inputSize(config, 0)),
    masks: Array.from({ length: layers + 1 }, (_, l) => layout.take(B * inputSize(config, l))),
    layers: Array.from({ length: layers }, () => ({
      tapes: [0, 1].map(() => layoutTape(layout, { N, B, H, recurrentDropout })),
      out: layout.take(N * 2 * H),
    })),
    scratch: layoutScratch(layout, { N, B, H, panelWidth }),
    dout: [layout.take(N * 2 * H), layout.take(N * 2 * H)],
    logits: layout.take(N * K),
    dlogits: layout.take(N * K),
    packed: layout.take(packedSize(panelWidth, N, K)),
    end: layout.end,
  };
}

/** Tagging, first part: types whose projections go to the cache. */
export interface TypesLayout {
  readonly words: Address; // (Y) rows of word.embedding
  readonly places: Address; // (Y) 0, 1, ...: types in the order of the cache, as they lie in `chars`
  readonly chars: CharLayout;
  readonly x: Address; // (Y, D)
  readonly end: Address;
}

export function layoutTypes(
  config: NetworkConfig,
  options: LayoutOptions,
  sizes: TypeSizes,
  begin: Address,
): TypesLayout {
  const layout = new Layout(begin);
  layout.take(HEADER);
  const { panelWidth } = options;
  return {
    words: layout.take(sizes.Y),
    places: layout.take(sizes.Y),
    chars: layoutChars(layout, config, { ...sizes, panelWidth, training: false }),
    x: layout.take(sizes.Y * inputSize(config, 0)),
    end: layout.end,
  };
}

/** Tagging, second part: a few sentences over cached projections. */
export interface ChunkLayout {
  readonly rows: Address; // (T)
  readonly slots: Address; // (N) rows of the cache
  readonly scratch: Address; // (B, 6H)
  readonly pre: Address; // (N, 4H), layers above the first
  readonly out: readonly [Address, Address]; // (N, 2H)
  readonly logits: Address; // (N, K)
  readonly best: Address; // (N)
  readonly end: Address;
}

export function layoutChunk(
  config: NetworkConfig,
  sizes: Omit<ShardSizes, keyof TypeSizes>,
  begin: Address,
): ChunkLayout {
  const layout = new Layout(begin);
  layout.take(HEADER);
  const { N, T, B } = sizes;
  const { hidden: H, tags: K, layers } = config;
  return {
    rows: layout.take(T),
    slots: layout.take(N),
    scratch: layout.take(B * 6 * H),
    pre: layers > 1 ? layout.take(N * 4 * H) : 0,
    out: [layout.take(N * 2 * H), layers > 1 ? layout.take(N * 2 * H) : 0],
    logits: layout.take(N * K),
    best: layout.take(N),
    end: layout.end,
  };
}
