import { accumulate, concatColumns, splitColumns } from './arrays.ts';
import { type Cell, sigmoid } from './cells.ts';
import { dropoutBackward, dropoutForward } from './dropout.ts';
import { type DenseWeights, denseBackward, denseForward } from './matmul.ts';
import type { Packing } from './packing.ts';
import {
  type CellWeights,
  directionBackward,
  directionForward,
  type RecurrentStates,
} from './recurrence.ts';

export const directions = ['forward', 'backward'] as const;
export type Direction = (typeof directions)[number];

/** One thing of each direction that a layer has. */
export type PerDirection<T> = { [D in Direction]?: T | undefined };

export type Merge = 'concat' | 'sum' | 'mean' | 'product';

/** One layer: directions, how they meet, and how what they give meets what they read. */
export interface LayerWeights extends PerDirection<CellWeights> {
  cell: Cell;
  /** Of two directions; 'concat' if left out. */
  merge?: Merge | undefined;
  /** The layer's input is added to its output; their widths must be the same. */
  residual?: boolean | undefined;
  /** (M, M) and (M): the gate between output and input; in place of `residual`. */
  highway?: DenseWeights | undefined;
}

/** Dropout of one layer. */
export interface LayerMasks extends PerDirection<Float64Array> {
  /** (N, D): onto the layer's input, seen by both directions; those of directions are (B, H). */
  input?: Float64Array | undefined;
}

/** (N) for each direction: see `recurrenceBackward`. */
export type LayerLinks = PerDirection<ArrayLike<number>>;

export interface LayerStates extends PerDirection<RecurrentStates> {
  /** (N, D): the input after its mask. */
  x: Float64Array;
  /** (N, M): the directions merged. */
  y: Float64Array;
  /** (N, M): the highway's gate T. */
  gate?: Float64Array | undefined;
  /** (N, M): what the layer gives. */
  out: Float64Array;
}

interface LayerOptions {
  weights: LayerWeights;
  packing: Packing;
  masks?: LayerMasks | undefined;
  /** The layer below, for cells that see its cell states. */
  below?: LayerStates | undefined;
}

/** forward and backward (N, H) to one matrix: [forward; backward], their sum, mean or product. */
function mergeForward(merge: Merge, f: Float64Array, b: Float64Array, H: number): Float64Array {
  switch (merge) {
    case 'concat':
      return concatColumns([f, b], [H, H]);
    case 'sum':
      return f.map((value, i) => value + b[i]!);
    case 'mean':
      return f.map((value, i) => (value + b[i]!) / 2);
    case 'product':
      return f.map((value, i) => value * b[i]!);
  }
}

/** The gradients of both, given dy, shaped as what `mergeForward` gives. */
function mergeBackward(
  merge: Merge,
  dy: Float64Array,
  [f, b, H]: [f: Float64Array, b: Float64Array, H: number],
): Float64Array[] {
  switch (merge) {
    case 'concat':
      return splitColumns(dy, [H, H]);
    case 'sum':
      return [dy, dy];
    case 'mean':
      return [dy.map((d) => d / 2), dy.map((d) => d / 2)];
    case 'product':
      return [dy.map((d, i) => d * b[i]!), dy.map((d, i) => d * f[i]!)];
  }
}

/** What a cell that looks below sees of one direction of the layer there. */
function cellsBelow({ weights, below }: LayerOptions, direction: Direction) {
  if (!weights.cell.below) return undefined;
  const c = below?.[direction]?.c;
  if (!c) throw new Error(`${direction}: no layer below whose cell state could enter`);
  return c;
}

const unitsOf = ({ cell, forward, backward }: LayerWeights): number =>
  (forward ?? backward)!.b.length / cell.gates;

/**
 * One layer, x_l = mask ∘ x: the recurrences over x_l in each direction (Schuster & Paliwal 1997),
 * merged to y; then
 *
 *     out = y
 *     out = y + x_l                             residual (He et al. 2016)
 *     out = T ∘ y + (1 - T) ∘ x_l               highway (Srivastava et al. 2015, equation 3)
 *     T = σ(x_l · W_T + b_T)
 */
export function layerForward(options: LayerOptions & { x: Float64Array }): LayerStates {
  const { weights, packing, masks = {} } = options;
  const { cell, merge = 'concat', residual, highway } = weights;
  const x = masks.input ? dropoutForward(options.x, masks.input) : options.x;
  const run = (direction: Direction): RecurrentStates | undefined =>
    weights[direction] &&
    directionForward({
      x,
      cell,
      weights: weights[direction],
      packing,
      reverse: direction === 'backward',
      mask: masks[direction],
      below: cellsBelow(options, direction),
    });
  const [forward, backward] = [run('forward'), run('backward')];
  const y =
    forward && backward
      ? mergeForward(merge, forward.h, backward.h, unitsOf(weights))
      : (forward ?? backward)!.h;
  const states = { x, forward, backward, y };
  if (highway) {
    const gate = denseForward(x, highway).map(sigmoid);
    return { ...states, gate, out: y.map((v, i) => gate[i]! * v + (1 - gate[i]!) * x[i]!) };
  }
  return { ...states, out: residual ? y.map((v, i) => v + x[i]!) : y };
}

export interface LayerGradients {
  /** (N, D) */
  dx: Float64Array;
  /** Shaped and named as the weights. */
  weights: LayerWeights;
  /** (N, H): of the cell states of the layer below. */
  dbelow: PerDirection<Float64Array>;
  /** (N, H): see `recurrenceBackward`. */
  dhTotal: PerDirection<Float64Array>;
}

/**
 * Given dout (N, M), and dc (N, H) of each direction: what the layer above, looking at this one's
 * cell states, sends down to them.
 *
 *     dy = dout   dx_l = dout                   residual
 *     dy = T ∘ dout   dx_l = (1 - T) ∘ dout + da_T · W_Tᵀ     highway,
 *     da_T = dout ∘ (y - x_l) ∘ T(1-T)
 *
 * and to dx_l come those of the directions; dx = mask ∘ dx_l.
 */
export function layerBackward(
  options: LayerOptions & {
    dout: Float64Array;
    dc?: PerDirection<Float64Array> | undefined;
    states: LayerStates;
    links?: LayerLinks | undefined;
  },
): LayerGradients {
  const { dout, dc = {}, weights, states, packing, masks = {}, links = {} } = options;
  const { cell, merge = 'concat', residual, highway } = weights;
  const { x, y, gate } = states;
  const result: LayerGradients = {
    dx: residual ? Float64Array.from(dout) : new Float64Array(x.length),
    weights: { ...weights, forward: undefined, backward: undefined, highway: undefined },
    dbelow: {},
    dhTotal: {},
  };
  let dy = dout;
  if (highway && gate) {
    dy = dout.map((d, i) => gate[i]! * d);
    accumulate(
      result.dx,
      dout.map((d, i) => (1 - gate[i]!) * d),
    );
    const da = dout.map((d, i) => d * (y[i]! - x[i]!) * gate[i]! * (1 - gate[i]!));
    const d = denseBackward({ dy: da, x, weights: highway });
    accumulate(result.dx, d.dx);
    result.weights.highway = { W: d.dW, b: d.db };
  }
  const present = directions.filter((direction) => weights[direction]);
  const dh =
    present.length === 2
      ? mergeBackward(merge, dy, [states.forward!.h, states.backward!.h, unitsOf(weights)])
      : [dy];
  present.forEach((direction, d) => {
    const back = directionBackward({
      dh: dh[d]!,
      dc: dc[direction],
      x,
      cell,
      weights: weights[direction]!,
      states: states[direction]!,
      packing,
      reverse: direction === 'backward',
      mask: masks[direction],
      below: cellsBelow(options, direction),
      links: links[direction],
    });
    accumulate(result.dx, back.dx);
    result.weights[direction] = back.gradients;
    result.dbelow[direction] = back.dbelow;
    result.dhTotal[direction] = back.dhTotal;
  });
  if (masks.input) result.dx = dropoutBackward(result.dx, masks.input);
  return result;
}

interface StackOptions {
  layers: readonly LayerWeights[];
  packing: Packing;
  masks?: readonly LayerMasks[] | undefined;
}

/** Layers, what each gives the input of the next. `out` (N, M) is that of the last. */
export function stackForward({
  x,
  layers,
  packing,
  masks = [],
}: StackOptions & { x: Float64Array }): { states: LayerStates[]; out: Float64Array } {
  const states: LayerStates[] = [];
  layers.forEach((weights, l) => {
    const below = states[l - 1];
    states.push(layerForward({ x: below?.out ?? x, weights, packing, masks: masks[l], below }));
  });
  return { states, out: states.at(-1)?.out ?? x };
}

/** Given dout (N, M) of the last layer, from the last layer down to the first. */
export function stackBackward({
  dout,
  layers,
  states,
  packing,
  masks = [],
  links = [],
}: StackOptions & {
  dout: Float64Array;
  states: readonly LayerStates[];
  links?: readonly LayerLinks[] | undefined;
}): {
  dx: Float64Array;
  layers: LayerWeights[];
  /** Of each layer: the whole gradients of its h. */
  dhTotal: PerDirection<Float64Array>[];
} {
  const gradients: LayerWeights[] = [];
  const dhTotal: PerDirection<Float64Array>[] = [];
  let dx = dout;
  let dc: PerDirection<Float64Array> = {};
  for (let l = layers.length - 1; l >= 0; l--) {
    const result = layerBackward({
      dout: dx,
      dc,
      weights: layers[l]!,
      states: states[l]!,
      below: states[l - 1],
      packing,
      masks: masks[l],
      links: links[l],
    });
    dx = result.dx;
    dc = result.dbelow;
    gradients.unshift(result.weights);
    dhTotal.unshift(result.dhTotal);
  }
  return { dx, layers: gradients, dhTotal };
}
