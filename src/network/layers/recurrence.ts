import type { Space } from '../../backend/arena.ts';
import { packedSize } from '../../backend/backend.ts';
import type { Address, Kernels } from '../../backend/kernels.ts';
import type { Cell } from '../cells/index.ts';
import type { Packing } from '../packing.ts';
import type { Matrix, Parameters } from '../parameters.ts';
import { type Gradients, projectBack } from '../weights.ts';

// One direction of a recurrent layer: the loop of a cell over time. The equations of the cells are in
// kernels/layers/cells/.

/**
 * The parameters of one direction with D inputs and H units; 0 or undefined for parameters that the cell does not have.
 */
export interface RecurrentWeights {
  readonly cell: Cell;
  readonly input: Matrix; // (D, G H)
  readonly recurrent: Matrix; // (H, R H)
  readonly candidate: Matrix | undefined; // (H, H)
  readonly bias: Address; // (G H)
  readonly peephole: Address; // (peepholes, H)
  readonly modules: Address; // clockwork: (H) integers, a bit for the module of each unit
}

/** Requests the parameters of one direction. Their names begin with `name`. */
export function recurrentWeights(
  parameters: Parameters,
  name: string,
  options: {
    cell: Cell;
    inputs: number;
    units: number;
    /** Clockwork: number of modules, and the address of their bits. */
    modules?: { readonly count: number; readonly address: Address };
  },
): RecurrentWeights {
  const { cell, inputs: D, units: H, modules } = options;
  const { gates: G, recurrent: R, peepholes = 0, reset, forget, clocked } = cell;
  return {
    cell,
    input: parameters.matrix({
      name: `${name}.input`,
      shape: [D, G * H],
      init: 'glorot',
      gates: G,
    }),
    recurrent: parameters.matrix({
      name: `${name}.recurrent`,
      shape: [H, R * H],
      init: 'orthogonal',
      gates: R,
      ...(clocked && modules && { modules: modules.count }),
    }),
    candidate: reset
      ? parameters.matrix({ name: `${name}.candidate`, shape: [H, H], init: 'orthogonal' })
      : undefined,
    bias: parameters.array({
      name: `${name}.bias`,
      shape: [G * H],
      init: 'constant',
      gates: G,
      ...(forget && { forget }),
    }),
    peephole:
      peepholes > 0
        ? parameters.array({ name: `${name}.peephole`, shape: [peepholes, H], init: 'constant' })
        : 0,
    modules: clocked && modules ? modules.address : 0,
  };
}

/** Buffers of one direction; 0 for buffers that are not needed. */
export interface RecurrenceBuffers {
  readonly pre: Address; // (N, G H) pre-activations; backward leaves their gradient here
  readonly saved: Address; // (N, S H) values that the cell saves for backward
  readonly c: Address; // (N, H)
  readonly hPrev: Address; // (N, H) after dropout
  readonly reset: Address; // (N, H)
  readonly dropoutMask: Address; // (B, H) variational recurrent dropout
  readonly truncationMask: Address; // (N) factor of the gradient from a token to the previous one
  readonly dcAbove: Address; // (N, H) gradient of c from the layer above
  readonly carry: Address; // (B, 4 H) scratch of backward
  // The packed gradient of each matrix product. `packedRecurrent` is `packedInput` if both have all gates.
  readonly packedInput: Address; // (N, G H)
  readonly packedRecurrent: Address; // (N, R H)
  readonly packedCandidate: Address; // (N, H)
}

export function layoutRecurrence(
  { kept, scratch }: Space,
  { gates: G, recurrent: R, saved, reset }: Cell,
  options: Readonly<Record<'N' | 'B' | 'H' | 'panelWidth', number>> & {
    training: boolean;
    /** Whether there are masks of recurrent dropout and truncation, and whether the layer above reads c. */
    masks?: { readonly dropout: boolean; readonly truncation: boolean };
    isRead?: boolean;
  },
): RecurrenceBuffers {
  const { N, B, H, panelWidth, training, masks, isRead = false } = options;
  const packed = (blocks: number): Address => kept.take(packedSize(panelWidth, N, blocks * H));
  const packedInput = training ? packed(G) : 0;
  return {
    pre: scratch.take(N * G * H),
    saved: scratch.take(N * saved * H),
    c: scratch.take(N * H),
    hPrev: kept.take(N * H),
    reset: reset ? kept.take(N * H) : 0,
    dropoutMask: masks?.dropout ? scratch.take(B * H) : 0,
    truncationMask: masks?.truncation ? scratch.take(N) : 0,
    dcAbove: training && isRead ? scratch.take(N * H) : 0,
    carry: training ? scratch.take(B * 4 * H) : 0,
    packedInput,
    packedRecurrent: training && R < G ? packed(R) : packedInput,
    packedCandidate: training && reset ? packed(1) : 0,
  };
}

interface WalkOptions extends Packing {
  readonly reverse: boolean;
  /** The cell's input in addition to x: the lower layer's cell state (N, H), or the clocks (N) integers; 0 if none. */
  readonly sideInput?: Address;
  /** Whether the masks in the buffers are filled and to be applied. */
  readonly masked?: boolean;
}

/** h (N, H; ldh) from b.pre (N, G H) = x W + bias, which the caller has filled. */
export function recurrenceForward(
  kernels: Kernels,
  h: Address,
  b: RecurrenceBuffers,
  w: RecurrentWeights,
  options: WalkOptions & { ldh: number },
): void {
  const { rows, T, ldh, reverse, sideInput = 0, masked = false } = options;
  kernels[`${w.cell.kernels}_forward`](
    h,
    b.saved,
    b.c,
    b.hPrev,
    b.reset,
    b.pre,
    w.recurrent.packed,
    w.candidate?.packed ?? 0,
    w.modules || w.peephole,
    sideInput,
    masked ? b.dropoutMask : 0,
    rows,
    T,
    w.recurrent.K,
    ldh,
    reverse ? 1 : 0,
  );
}

/**
 * Computes the gradient of the pre-activations from dh (N, H; ldd), in b.pre and packed. The gradients of the recurrent
 * matrices, the bias and the peepholes go to `gradients`.
 * @param options.dSideInput (N, H) or 0; receives the gradient of the lower layer's cell state
 * @param options.trace (N, H) or 0; receives the total gradient of h
 */
export function recurrenceBackward(
  kernels: Kernels,
  gradients: Gradients,
  dh: Address,
  b: RecurrenceBuffers,
  w: RecurrentWeights,
  options: WalkOptions & { ldd: number; dSideInput?: Address; trace?: Address },
): void {
  const { rows, N, T, ldd, reverse, sideInput = 0, masked = false } = options;
  const { dSideInput = 0, trace = 0 } = options;
  const { cell, recurrent, candidate } = w;
  const H = recurrent.K;
  const width = cell.gates * H;
  kernels[`${cell.kernels}_backward`](
    b.pre,
    dSideInput,
    w.peephole ? gradients.at(w.peephole) : 0,
    trace,
    b.carry,
    dh,
    b.dcAbove,
    b.saved,
    b.c,
    b.hPrev,
    recurrent.transposed,
    candidate?.transposed ?? 0,
    w.modules || w.peephole,
    sideInput,
    masked ? b.dropoutMask : 0,
    masked ? b.truncationMask : 0,
    rows,
    T,
    H,
    ldd,
    reverse ? 1 : 0,
  );
  kernels.column_sums(gradients.at(w.bias), b.pre, N, width, width);
  kernels.gemm_pack(b.packedInput, b.pre, N, width, width, 1);
  if (b.packedRecurrent !== b.packedInput)
    kernels.gemm_pack(b.packedRecurrent, b.pre, N, recurrent.N, width, 1);
  gradients.product(recurrent, b.hPrev, b.packedRecurrent, N);
  if (!candidate) return;
  kernels.gemm_pack(b.packedCandidate, b.pre + recurrent.N * 4, N, H, width, 1);
  gradients.product(candidate, b.reset, b.packedCandidate, N);
}

/** After `recurrenceBackward`: the gradient of the input matrix, and dx (N, D) = dpre W^T, or += when `accumulate`. */
export function inputBackward(
  kernels: Kernels,
  gradients: Gradients,
  dx: Address,
  x: Address,
  b: RecurrenceBuffers,
  w: RecurrentWeights,
  { N: n, accumulate }: { N: number; accumulate: boolean },
): void {
  gradients.product(w.input, x, b.packedInput, n);
  projectBack(kernels, dx, b.pre, w.input, { n, accumulate });
}
