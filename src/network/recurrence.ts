import type { Space } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import type { Cell } from './cells/index.ts';
import { type Gradients, type Matrix, projectBack, type Weights } from './weights.ts';

/** A packed batch: `N` rows over `T` steps, `B` sentences, rows[t] (T integers at `rows`) live at step t. */
export interface Packing {
  readonly rows: Address;
  readonly N: number;
  readonly T: number;
  readonly B: number;
}

/** One direction of one layer; 0 for what its cell has not. */
export interface RecurrentWeights {
  readonly cell: Cell;
  readonly input: Matrix;
  readonly recurrent: Matrix;
  readonly candidate: Matrix | undefined;
  readonly bias: Address;
  /** (peepholes, H); of a clockwork (H) integers, a bit for each unit's module. */
  readonly own: Address;
}

/** The parameters of one direction, by the prefix of their names. */
export const recurrentWeights = (
  { at, matrices, modules }: Weights,
  name: string,
  cell: Cell,
): RecurrentWeights => ({
  cell,
  input: matrices[`${name}.input`]!,
  recurrent: matrices[`${name}.recurrent`]!,
  candidate: matrices[`${name}.candidate`],
  bias: at[`${name}.bias`]!,
  own: cell.clocked ? modules : (at[`${name}.peephole`] ?? 0),
});

/** What forward saves for backward, for one direction; N rows each, 0 for what its cell has not. */
export interface Tape {
  readonly pre: Address; // (N, G H) pre-activations; backward leaves their gradient here
  readonly saved: Address; // (N, S H)
  readonly c: Address; // (N, H)
  readonly hPrev: Address; // (N, H), masked
  readonly reset: Address; // (N, H)
  readonly mask: Address; // (B, H) variational recurrent dropout
  readonly links: Address; // (N) what backpropagation keeps between a row and the one before it
  readonly dabove: Address; // (N, H) the gradient of c from the layer above
}

export interface TapeOptions {
  readonly recurrentDropout: boolean;
  /** Truncated backpropagation. */
  readonly links: boolean;
  /** The layer above sees the cell state of this one. */
  readonly isSeen: boolean;
}

export function layoutTape(
  { kept, scratch }: Space,
  { gates, saved, reset }: Cell,
  sizes: { N: number; B: number; H: number } & Partial<TapeOptions>,
): Tape {
  const { N, B, H, recurrentDropout, links, isSeen } = sizes;
  return {
    pre: scratch.take(N * gates * H),
    saved: scratch.take(N * saved * H),
    c: scratch.take(N * H),
    hPrev: kept.take(N * H),
    reset: reset ? kept.take(N * H) : 0,
    mask: recurrentDropout ? scratch.take(B * H) : 0,
    links: links ? scratch.take(N) : 0,
    dabove: isSeen ? scratch.take(N * H) : 0,
  };
}

/** Space that backward needs besides the tape. */
export interface RecurrenceScratch {
  readonly carry: Address; // (B, 4H)
  // What backward leaves of dpre, packed: the gradient of what each matrix gives, the same twice where it is all of it.
  readonly input: Address; // (N, G H)
  readonly recurrent: Address; // (N, R H)
  readonly candidate: Address; // (N, H), or 0
}

export function layoutScratch(
  { kept, scratch }: Space,
  { gates, recurrent, reset }: Cell,
  { N, B, H, panelWidth }: Record<'N' | 'B' | 'H' | 'panelWidth', number>,
): RecurrenceScratch {
  const packed = (blocks: number): Address => kept.take(packedSize(panelWidth, N, blocks * H));
  const input = packed(gates);
  return {
    carry: scratch.take(B * 4 * H),
    input,
    recurrent: recurrent < gates ? packed(recurrent) : input,
    candidate: reset ? packed(1) : 0,
  };
}

/**
 * h (N, H; ldh) from tape.pre (N, G H) = x W + b, which the caller has filled.
 * @param options.beside what the cell sees of each row besides x: (N, H) the state below, (N) a clockwork's clock, or 0
 * @param options.noise whether the tape holds a mask and links
 */
export function recurrenceForward(
  kernels: Kernels,
  h: Address,
  tape: Tape,
  w: RecurrentWeights,
  options: Packing & { ldh: number; reverse: boolean; beside?: Address; noise?: boolean },
): void {
  const { rows, T, ldh, reverse, beside = 0, noise = false } = options;
  kernels[`${w.cell.kernels}_forward`](
    h,
    tape.saved,
    tape.c,
    tape.hPrev,
    tape.reset,
    tape.pre,
    w.recurrent.packed,
    w.candidate?.packed ?? 0,
    w.own,
    beside,
    noise ? tape.mask : 0,
    rows,
    T,
    w.recurrent.K,
    ldh,
    reverse ? 1 : 0,
  );
}

/**
 * Leaves the gradient of the pre-activations in tape.pre and packed in `scratch`; those of the recurrent matrices, the
 * bias and the peepholes go to `gradients`, from dh (N, H; ldd).
 * @param options.dbeside (N, H) gets the gradient of the state below
 * @param options.trace (N, H), or 0, gets the whole gradient of h
 */
export function recurrenceBackward(
  kernels: Kernels,
  gradients: Gradients,
  dh: Address,
  tape: Tape,
  w: RecurrentWeights,
  options: Packing & {
    ldd: number;
    reverse: boolean;
    scratch: RecurrenceScratch;
    beside?: Address;
    dbeside?: Address;
    trace?: Address;
    noise?: boolean;
  },
): void {
  const { rows, N, T, ldd, reverse, scratch, beside = 0, dbeside = 0, trace = 0 } = options;
  const { noise = false } = options;
  const { cell, recurrent, candidate } = w;
  const H = recurrent.K;
  const width = cell.gates * H;
  kernels[`${cell.kernels}_backward`](
    tape.pre,
    dbeside,
    cell.peepholes ? gradients.at(w.own) : 0,
    trace,
    scratch.carry,
    dh,
    tape.dabove,
    tape.saved,
    tape.c,
    tape.hPrev,
    recurrent.transposed,
    candidate?.transposed ?? 0,
    w.own,
    beside,
    noise ? tape.mask : 0,
    noise ? tape.links : 0,
    rows,
    T,
    H,
    ldd,
    reverse ? 1 : 0,
  );
  kernels.column_sums(gradients.at(w.bias), tape.pre, N, width, width);
  kernels.gemm_pack(scratch.input, tape.pre, N, width, width, 1);
  if (scratch.recurrent !== scratch.input)
    kernels.gemm_pack(scratch.recurrent, tape.pre, N, recurrent.N, width, 1);
  gradients.product(recurrent, tape.hPrev, scratch.recurrent, N);
  if (!candidate) return;
  kernels.gemm_pack(scratch.candidate, tape.pre + recurrent.N * 4, N, H, width, 1);
  gradients.product(candidate, tape.reset, scratch.candidate, N);
}

/** The rest of a layer's backward: dW = x^T dpre, and dx (N, D; D) = dpre W^T (or +=), for one direction. */
export function inputBackward(
  kernels: Kernels,
  gradients: Gradients,
  dx: Address,
  x: Address,
  tape: Tape,
  w: RecurrentWeights,
  options: { N: number; scratch: RecurrenceScratch; accumulate: boolean },
): void {
  const { N: n, scratch, accumulate } = options;
  gradients.product(w.input, x, scratch.input, n);
  projectBack(kernels, dx, tape.pre, w.input, { n, accumulate });
}
