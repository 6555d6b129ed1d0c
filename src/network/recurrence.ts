import type { Layout } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import type { Cell } from './cells/index.ts';
import { addOuter, type Matrix, projectBack, type Weights } from './weights.ts';

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
  layout: Layout,
  { gates, saved, reset }: Cell,
  sizes: { N: number; B: number; H: number } & Partial<TapeOptions>,
): Tape {
  const { N, B, H, recurrentDropout, links, isSeen } = sizes;
  return {
    pre: layout.take(N * gates * H),
    saved: layout.take(N * saved * H),
    c: layout.take(N * H),
    hPrev: layout.take(N * H),
    reset: reset ? layout.take(N * H) : 0,
    mask: recurrentDropout ? layout.take(B * H) : 0,
    links: links ? layout.take(N) : 0,
    dabove: isSeen ? layout.take(N * H) : 0,
  };
}

/** Space that backward needs besides the tape. */
export interface RecurrenceScratch {
  readonly carry: Address; // (B, 4H)
  readonly packed: Address; // dpre (N, G H), packed
}

export const layoutScratch = (
  layout: Layout,
  { N, B, H, gates, panelWidth }: Record<'N' | 'B' | 'H' | 'gates' | 'panelWidth', number>,
): RecurrenceScratch => ({
  carry: layout.take(B * 4 * H),
  packed: layout.take(packedSize(panelWidth, N, gates * H)),
});

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
 * Leaves the gradient of the pre-activations in tape.pre and packed in scratch.packed, and adds those of the recurrent
 * matrices, the bias and the peepholes to `gradient`, from dh (N, H; ldd).
 * @param options.dbeside (N, H) gets the gradient of the state below
 * @param options.trace (N, H), or 0, gets the whole gradient of h
 */
export function recurrenceBackward(
  kernels: Kernels,
  gradient: (parameter: Address) => Address,
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
    cell.peepholes ? gradient(w.own) : 0,
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
  kernels.column_sums(gradient(w.bias), tape.pre, N, width, width);
  /** dU += from^T (the columns of dpre from block `gate` on), and leaves these packed. */
  const outer = (U: Matrix, from: Address, gate: number): void => {
    kernels.gemm_pack(scratch.packed, tape.pre + gate * H * 4, N, U.N, width, 1);
    addOuter(kernels, gradient(U.at), from, scratch.packed, { n: N, K: H, N: U.N });
  };
  if (candidate) outer(candidate, tape.reset, cell.recurrent);
  outer(recurrent, tape.hPrev, 0);
  if (cell.recurrent < cell.gates) kernels.gemm_pack(scratch.packed, tape.pre, N, width, width, 1);
}

/** The rest of a layer's backward: dW += x^T dpre, and dx (N, D; D) = dpre W^T (or +=), for one direction. */
export function inputBackward(
  kernels: Kernels,
  gradient: (parameter: Address) => Address,
  dx: Address,
  x: Address,
  tape: Tape,
  w: RecurrentWeights,
  options: { N: number; scratch: RecurrenceScratch; accumulate: boolean },
): void {
  const { N: n, scratch, accumulate } = options;
  const { K, N, at } = w.input;
  addOuter(kernels, gradient(at), x, scratch.packed, { n, K, N });
  projectBack(kernels, dx, tape.pre, w.input, { n, accumulate });
}
