import type { Layout } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import { addOuter, type Matrix, projectBack } from './weights.ts';

/** A packed batch: `N` rows over `T` steps, `B` sentences, rows[t] (T integers at `rows`) live at step t. */
export interface Packing {
  readonly rows: Address;
  readonly N: number;
  readonly T: number;
  readonly B: number;
}

/** One direction of one layer. */
export interface LstmWeights {
  readonly input: Matrix;
  readonly recurrent: Matrix;
  readonly bias: Address;
}

/** What forward saves for backward, for one direction; N rows each. */
export interface LstmTape {
  readonly pre: Address; // (N, 4H) pre-activations; backward leaves their gradient here
  readonly gates: Address; // (N, 4H) i f g o
  readonly c: Address; // (N, H)
  readonly tanhC: Address; // (N, H)
  readonly hPrev: Address; // (N, H), masked
  readonly mask: Address; // (B, H) variational recurrent dropout, or 0
}

export function layoutTape(
  layout: Layout,
  sizes: { N: number; B: number; H: number; recurrentDropout: boolean },
): LstmTape {
  const { N, B, H, recurrentDropout } = sizes;
  return {
    pre: layout.take(N * 4 * H),
    gates: layout.take(N * 4 * H),
    c: layout.take(N * H),
    tanhC: layout.take(N * H),
    hPrev: layout.take(N * H),
    mask: recurrentDropout ? layout.take(B * H) : 0,
  };
}

/** Space that backward needs besides the tape: see `lstmBackward`. */
export interface LstmScratch {
  readonly carry: Address; // (B, 3H)
  readonly packed: Address; // dpre (N, 4H), packed
}

export const layoutScratch = (
  layout: Layout,
  sizes: { N: number; B: number; H: number; panelWidth: number },
): LstmScratch => ({
  carry: layout.take(sizes.B * 3 * sizes.H),
  packed: layout.take(packedSize(sizes.panelWidth, sizes.N, 4 * sizes.H)),
});

/** h (N, H; ldh) from tape.pre (N, 4H) = x W + b, which the caller has filled. Hochreiter & Schmidhuber 1997. */
export function lstmForward(
  kernels: Kernels,
  h: Address,
  tape: LstmTape,
  w: LstmWeights,
  options: Packing & { ldh: number; reverse: boolean },
): void {
  const { rows, T, ldh, reverse } = options;
  const { gates, c, tanhC, hPrev, pre, mask } = tape;
  kernels.lstm_forward(
    h,
    gates,
    c,
    tanhC,
    hPrev,
    pre,
    w.recurrent.packed,
    mask,
    rows,
    T,
    w.recurrent.K,
    ldh,
    reverse ? 1 : 0,
  );
}

/**
 * Leaves the gradient of the pre-activations in tape.pre and packed in scratch.packed, and adds those of the recurrent
 * matrix and the bias to `gradient`, from dh (N, H; ldd).
 */
export function lstmBackward(
  kernels: Kernels,
  gradient: (parameter: Address) => Address,
  dh: Address,
  tape: LstmTape,
  w: LstmWeights,
  options: Packing & { ldd: number; reverse: boolean; scratch: LstmScratch },
): void {
  const { rows, N, T, ldd, reverse, scratch } = options;
  const { pre, gates, c, tanhC, hPrev, mask } = tape;
  const { K: H, N: width, at, transposed } = w.recurrent;
  kernels.lstm_backward(
    pre,
    scratch.carry,
    dh,
    gates,
    c,
    tanhC,
    transposed,
    mask,
    rows,
    T,
    H,
    ldd,
    reverse ? 1 : 0,
  );
  kernels.gemm_pack(scratch.packed, pre, N, width, width, 1);
  addOuter(kernels, gradient(at), hPrev, scratch.packed, { n: N, K: H, N: width });
  kernels.column_sums(gradient(w.bias), pre, N, width, width);
}

/** The rest of a layer's backward: dW += x^T dpre, and dx (N, D; D) = dpre W^T (or +=), for one direction. */
export function inputBackward(
  kernels: Kernels,
  gradient: (parameter: Address) => Address,
  dx: Address,
  x: Address,
  tape: LstmTape,
  w: LstmWeights,
  options: { N: number; scratch: LstmScratch; accumulate: boolean },
): void {
  const { N: n, scratch, accumulate } = options;
  const { K, N, at } = w.input;
  addOuter(kernels, gradient(at), x, scratch.packed, { n, K, N });
  projectBack(kernels, dx, tape.pre, w.input, { n, accumulate });
}
