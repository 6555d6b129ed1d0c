import type { Arena, Layout, Space } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import { cellOf } from './cells/index.ts';
import { directionsOf, isMerged, layerSize, type NetworkConfig } from './config.ts';
import { type DenseWeights, denseBackward, denseForward, denseWeights } from './dense.ts';
import {
  inputBackward,
  layoutScratch,
  layoutTape,
  type Packing,
  type RecurrenceScratch,
  type RecurrentWeights,
  recurrenceBackward,
  recurrenceForward,
  recurrentWeights,
  type Tape,
  type TapeOptions,
} from './recurrence.ts';
import { type Gradients, project, type Weights } from './weights.ts';

// One recurrent layer whole: its directions, where they meet, and what joins it to the layer below. M is the width of
// what it gives (`layerSize`).

export interface LayerWeights {
  readonly directions: readonly RecurrentWeights[];
  readonly highway: DenseWeights | undefined;
}

export const layerWeights = (
  config: NetworkConfig,
  weights: Weights,
  layer: number,
): LayerWeights => ({
  directions: directionsOf(config).map((direction) =>
    recurrentWeights(weights, `${config.cell}.${layer}.${direction}`, cellOf(config, layer)),
  ),
  highway:
    config.between === 'highway' && layer > 0
      ? denseWeights(weights, `highway.${layer}`)
      : undefined,
});

/** Where a layer's results go; the same address twice where nothing lies between. */
export interface LayerSpace {
  readonly h: Address; // (N, directions H), side by side
  readonly y: Address; // (N, M) merged
  readonly t: Address; // (N, M) the highway's gate, or 0
  readonly out: Address; // (N, M)
}

export function layoutSpace(
  layout: Layout,
  config: NetworkConfig,
  { N, layer }: { N: number; layer: number },
): LayerSpace {
  const M = layerSize(config);
  const isGated = config.between === 'highway' && layer > 0;
  const h = layout.take(N * config.hidden * directionsOf(config).length);
  const y = isMerged(config) ? layout.take(N * M) : h;
  return {
    h,
    y,
    t: isGated ? layout.take(N * M) : 0,
    out: isGated ? layout.take(N * M) : y,
  };
}

export interface LayerTape extends LayerSpace {
  readonly tapes: readonly Tape[];
  readonly scratches: readonly RecurrenceScratch[]; // of each direction
  readonly packed: Address; // (N, M) the gradient of the highway's gate, packed, or 0
}

export const layoutLayer = (
  buffers: Space,
  config: NetworkConfig,
  { N, B, layer }: { N: number; B: number; layer: number },
  { recurrentDropout, links, panelWidth }: Omit<TapeOptions, 'isSeen'> & { panelWidth: number },
): LayerTape => {
  const cell = cellOf(config, layer);
  const isSeen = layer + 1 < config.layers && cellOf(config, layer + 1).below === true;
  const sizes = { N, B, H: config.hidden, recurrentDropout, links, isSeen, panelWidth };
  const space = layoutSpace(buffers.kept, config, { N, layer });
  return {
    ...space,
    tapes: directionsOf(config).map(() => layoutTape(buffers, cell, sizes)),
    scratches: directionsOf(config).map(() => layoutScratch(buffers, cell, sizes)),
    packed: space.t ? buffers.kept.take(packedSize(panelWidth, N, layerSize(config))) : 0,
  };
};

/** Space for the backward of one layer after another. */
export interface LayerScratch {
  readonly dh: Address; // (N, 2H) where directions merge, else 0
  readonly dy: Address; // (N, M) highway, else 0
  readonly dt: Address;
}

export function layoutLayerScratch(layout: Layout, config: NetworkConfig, N: number): LayerScratch {
  const { hidden: H, between, layers } = config;
  const M = layerSize(config);
  const isGated = between === 'highway' && layers > 1;
  return {
    dh: isMerged(config) ? layout.take(N * 2 * H) : 0,
    dy: isGated ? layout.take(N * M) : 0,
    dt: isGated ? layout.take(N * M) : 0,
  };
}

const merges = { concat: -1, sum: 0, mean: 1, product: 2 } as const;

/** space.out (N, M) from space.h, and from x (N, M), what the layer read. */
export function joinForward(
  kernels: Kernels,
  config: NetworkConfig,
  { highway }: LayerWeights,
  { h, y, t, out }: LayerSpace,
  { x, N, layer }: { x: Address; N: number; layer: number },
): void {
  const M = layerSize(config);
  if (y !== h) kernels.merge_forward(y, h, N, config.hidden, merges[config.merge]);
  if (highway) {
    denseForward(kernels, t, x, highway, { n: N });
    kernels.highway_forward(out, t, y, x, N * M);
  } else if (config.between === 'residual' && layer > 0) kernels.add(out, x, N * M);
}

export interface Pass {
  /** With the masks and links that lie in the tapes. */
  readonly noise: boolean;
  /** A clockwork's clocks, for each direction, or 0. */
  readonly clocks: readonly [Address, Address];
}

/** What the cell of direction d sees besides: its clock, the state of the layer below, or nothing. */
const besideOf = (
  w: RecurrentWeights,
  d: number,
  { clocks, below }: { clocks: Pass['clocks']; below: LayerTape | undefined },
): Address => (w.cell.clocked ? clocks[d]! : w.cell.below ? below!.tapes[d]!.c : 0);

/** tape.out (N, M) from x (N, D). */
export function layerForward(
  kernels: Kernels,
  config: NetworkConfig,
  w: LayerWeights,
  tape: LayerTape,
  options: Packing & Pass & { x: Address; layer: number; below: LayerTape | undefined },
): void {
  const { x, N } = options;
  const { hidden: H } = config;
  w.directions.forEach((direction, d) => {
    const own = tape.tapes[d]!;
    project(kernels, own.pre, x, direction.input, { n: N, bias: direction.bias });
    recurrenceForward(kernels, tape.h + d * H * 4, own, direction, {
      ...options,
      ldh: w.directions.length * H,
      reverse: isReverse(config, d),
      beside: besideOf(direction, d, options),
    });
  });
  joinForward(kernels, config, w, tape, options);
}

export const isReverse = (config: NetworkConfig, d: number): boolean =>
  directionsOf(config)[d] === 'backward';

/**
 * dx (N, D) from dout (N, M), which may be overwritten; those of the parameters go to `gradients`.
 * @param options.trace a direction, and where the whole gradient of its h (N, H) goes; dx is not computed then
 */
export function layerBackward(
  kernels: Kernels,
  arena: Arena,
  gradients: Gradients,
  config: NetworkConfig,
  w: LayerWeights,
  tape: LayerTape,
  options: Packing &
    Pass & {
      x: Address;
      dx: Address;
      dout: Address;
      layer: number;
      below: LayerTape | undefined;
      scratch: LayerScratch;
      trace?: { direction: number; at: Address };
    },
): void {
  const { x, dx, dout, N, layer, below, scratch, trace } = options;
  const { hidden: H } = config;
  const M = layerSize(config);
  let dy = dout;
  let isBegun = false; // dx holds a part already
  if (w.highway) {
    dy = scratch.dy;
    kernels.highway_backward(scratch.dt, dy, dx, dout, tape.t, tape.y, x, N * M);
    denseBackward(kernels, gradients, dx, scratch.dt, x, w.highway, {
      n: N,
      packed: tape.packed,
      accumulate: true,
    });
    isBegun = true;
  } else if (config.between === 'residual' && layer > 0) {
    arena.f32(dx, N * M).set(arena.f32(dout, N * M));
    isBegun = true;
  }
  let dh = dy;
  if (tape.y !== tape.h) {
    dh = scratch.dh;
    kernels.merge_backward(dh, dy, tape.h, N, H, merges[config.merge]);
  }
  w.directions.forEach((direction, d) => {
    const own = tape.tapes[d]!;
    if (trace && trace.direction !== d) return;
    recurrenceBackward(kernels, gradients, dh + d * H * 4, own, direction, {
      ...options,
      scratch: tape.scratches[d]!,
      ldd: w.directions.length * H,
      reverse: isReverse(config, d),
      beside: besideOf(direction, d, options),
      dbeside: direction.cell.below ? below!.tapes[d]!.dabove : 0,
      trace: trace?.at ?? 0,
    });
    if (trace) return;
    inputBackward(kernels, gradients, dx, x, own, direction, {
      N,
      scratch: tape.scratches[d]!,
      accumulate: isBegun || d > 0,
    });
  });
}
