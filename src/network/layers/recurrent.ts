import type { Space } from '../../backend/arena.ts';
import type { Address } from '../../backend/kernels.ts';
import { ticks } from '../cells/clockwork.ts';
import { cellOf } from '../cells/index.ts';
import { directionsOf, type NetworkConfig } from '../config.ts';
import { eachAge } from '../packing.ts';
import { project } from '../weights.ts';
import type { Activation, HiddenLayer, LayerContext, Pass } from './layer.ts';
import { recurrentDropoutStream, truncationStream } from './random-streams.ts';
import {
  inputBackward,
  layoutRecurrence,
  type RecurrenceBuffers,
  recurrenceBackward,
  recurrenceForward,
  recurrentWeights,
} from './recurrence.ts';
import { writeTruncationMask } from './truncation.ts';

/** A recurrent layer. The first one of a network also projects word types for the cache. */
export interface RecurrentLayer extends HiddenLayer<RecurrentBuffers> {
  /** Projects x (n, D) to n rows of the cache, with the directions concatenated. */
  fillCache(pass: Pick<Pass, 'kernels'>, x: Address, rows: Address, n: number): void;
}

export interface RecurrentBuffers extends Activation {
  readonly input: Activation;
  readonly h: Address; // (N, directions H), concatenated
  readonly dh: Address;
  readonly directions: readonly RecurrenceBuffers[]; // training
  readonly recurrent: RecurrentState;
}

/** The state that a recurrent layer passes to the next one; one address for each direction. */
export interface RecurrentState {
  readonly c: readonly Address[]; // (N, H); tagging: 0 if the next layer does not read it
  readonly dc: readonly Address[]; // (N, H) its gradient, if the next layer reads it
  readonly clocks: readonly Address[]; // (N) integers: the clockwork modules that are updated, as bits
  // Tagging: layers and directions are computed one after another and share this space.
  readonly pre: Address; // (N, G H) the projected input, if it does not come from the cache
  readonly scratch: Address; // (B, (G + 3) H)
}

/** Floats of a row of the cache for one network: the projected input of each direction, G H. */
export const memberCacheWidth = (config: NetworkConfig): number =>
  directionsOf(config).length * cellOf(config, 0).gates * config.hidden;

/** Floats of a row of the cache: the rows of all members of an ensemble, concatenated. */
export const cacheWidth = (config: NetworkConfig): number =>
  config.members * memberCacheWidth(config);

const merges = { concat: -1, sum: 0, mean: 1, product: 2 } as const;

/** The recurrent layer with index `layer`. The outputs of its directions are concatenated or merged. */
export function recurrentLayer(
  { config, parameters, panelWidth, training: trained, modules = 0 }: LayerContext,
  { layer, inputs }: { layer: number; inputs: number },
): RecurrentLayer {
  const { hidden: H, layers, periods } = config;
  const cell = cellOf(config, layer);
  const width = cell.gates * H; // of the projected input of one direction
  const directions = directionsOf(config).map((name) => ({
    ...recurrentWeights(parameters, `${config.cell}.${layer}.${name}`, {
      cell,
      inputs,
      units: H,
      modules: { count: periods.length, address: modules },
    }),
    reverse: name === 'backward',
  }));
  const S = directions.length;
  const isMerged = S > 1 && config.merge !== 'concat';
  const M = isMerged ? H : S * H;
  const merge = merges[config.merge];
  const isRead = layer + 1 < layers && cellOf(config, layer + 1).readsLowerState === true;
  const masks = {
    dropout: (trained?.dropout.recurrent ?? 0) > 0,
    truncation: trained !== undefined && trained.bptt.kind !== 'full',
  };

  const layoutClocks = ({ scratch }: Space, N: number, input: Activation): readonly Address[] =>
    input.recurrent?.clocks ?? directions.map(() => (cell.clocked ? scratch.take(N) : 0));

  function layoutTaggingState(
    space: Space,
    { N, B }: { N: number; B: number },
    input: Activation,
  ): RecurrentState {
    const { scratch } = space;
    const lower = input.recurrent;
    const gates = cellOf(config, layers - 1).gates; // no layer has more
    return {
      c: directions.map(() => (isRead ? scratch.take(N * H) : 0)),
      dc: [],
      clocks: layoutClocks(space, N, input),
      pre: lower ? lower.pre || scratch.take(N * width) : 0,
      scratch: lower?.scratch ?? scratch.take(B * (gates + 3) * H),
    };
  }

  /** The input of direction `d`'s cell in addition to the projected input. */
  const sideInput = ({ input, recurrent }: RecurrentBuffers, d: number): Address => {
    if (cell.clocked) return recurrent.clocks[d]!;
    return cell.readsLowerState ? input.recurrent!.c[d]! : 0;
  };

  /** The first layer writes the clocks for all layers. */
  function writeClocks({ arena, rows, N, T }: Pass, { input, recurrent }: RecurrentBuffers): void {
    if (!cell.clocked || input.recurrent) return;
    directions.forEach(({ reverse }, d) => {
      const clock = arena.i32(recurrent.clocks[d]!, N);
      eachAge(arena.i32(rows, T), reverse, (row, age) => {
        clock[row] = ticks(age, periods);
      });
    });
  }

  function writeMasks(pass: Pass, { directions: buffers }: RecurrentBuffers): void {
    if (pass.stream === undefined || !trained) return;
    const { kernels, B, stream } = pass;
    const { seed, dropout, bptt } = trained;
    buffers.forEach(({ dropoutMask, truncationMask }, direction) => {
      const site = { layer, direction };
      if (dropoutMask) {
        const keep = 1 - dropout.recurrent;
        const masks = stream + recurrentDropoutStream(config, site);
        kernels.dropout_mask(dropoutMask, B * H, keep, seed, masks);
      }
      if (truncationMask)
        writeTruncationMask(pass, truncationMask, {
          bptt,
          seed,
          reverse: directions[direction]!.reverse,
          stream: stream + truncationStream(config, site),
        });
    });
  }

  return {
    width: M,

    layout(space, { N, B, training }, input) {
      const { kept, scratch } = space;
      const h = kept.take(N * S * H);
      const value = isMerged ? kept.take(N * M) : h;
      if (!training) {
        const recurrent = layoutTaggingState(space, { N, B }, input);
        return { input, h, value, dh: 0, gradient: 0, directions: [], recurrent };
      }
      const gradient = scratch.take(N * M);
      const tapes = directions.map(() =>
        layoutRecurrence(space, cell, { N, B, H, panelWidth, training, masks, isRead }),
      );
      const recurrent = {
        c: tapes.map(({ c }) => c),
        dc: tapes.map(({ dcAbove }) => dcAbove),
        clocks: layoutClocks(space, N, input),
        pre: 0,
        scratch: 0,
      };
      const dh = isMerged ? scratch.take(N * S * H) : gradient;
      return { input, h, value, dh, gradient, directions: tapes, recurrent };
    },

    forward(pass, b) {
      const { kernels, rows, N, T, B, stream } = pass;
      writeClocks(pass, b);
      writeMasks(pass, b);
      directions.forEach((w, d) => {
        const r = b.directions[d]!;
        project(kernels, r.pre, b.input.value, w.input, { n: N, bias: w.bias });
        recurrenceForward(kernels, b.h + d * H * 4, r, w, {
          rows,
          N,
          T,
          B,
          ldh: S * H,
          reverse: w.reverse,
          sideInput: sideInput(b, d),
          masked: stream !== undefined,
        });
      });
      if (isMerged) kernels.merge_forward(b.value, b.h, N, H, merge);
    },

    backward(pass, b, accumulate = false) {
      const { kernels, gradients, rows, N, T, B, stream, trace } = pass;
      const { input } = b;
      if (isMerged) kernels.merge_backward(b.dh, b.gradient, b.h, N, H, merge);
      directions.forEach((w, d) => {
        if (trace && trace.direction !== d) return;
        const r = b.directions[d]!;
        recurrenceBackward(kernels, gradients, b.dh + d * H * 4, r, w, {
          rows,
          N,
          T,
          B,
          ldd: S * H,
          reverse: w.reverse,
          sideInput: sideInput(b, d),
          dSideInput: cell.readsLowerState ? input.recurrent!.dc[d]! : 0,
          trace: trace?.address ?? 0,
          masked: stream !== undefined,
        });
        if (trace) return;
        inputBackward(kernels, gradients, input.gradient, input.value, r, w, {
          N,
          accumulate: accumulate || d > 0,
        });
      });
    },

    fillCache({ kernels }, x, rows, n) {
      directions.forEach(({ input, bias }, d) => {
        project(kernels, rows + d * width * 4, x, input, { n, ldy: cacheWidth(config), bias });
      });
    },

    infer(pass, b) {
      const { kernels, rows, N, T, cache, slots } = pass;
      const { input, recurrent } = b;
      const isCached = layer === 0;
      writeClocks(pass, b);
      directions.forEach((w, d) => {
        if (!isCached)
          project(kernels, recurrent.pre, input.value, w.input, { n: N, bias: w.bias });
        kernels[`${cell.kernels}_infer`](
          b.h + d * H * 4,
          recurrent.c[d]!,
          recurrent.scratch,
          isCached ? cache + d * width * 4 : recurrent.pre,
          isCached ? slots : 0,
          w.recurrent.packed,
          w.candidate?.packed ?? 0,
          w.modules || w.peephole,
          sideInput(b, d),
          rows,
          T,
          H,
          isCached ? cacheWidth(config) : width,
          S * H,
          w.reverse ? 1 : 0,
        );
      });
      if (isMerged) kernels.merge_forward(b.value, b.h, N, H, merge);
    },
  };
}
