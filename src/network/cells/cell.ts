import type { Recurrence } from '../../backend/kernels.ts';

/**
 * The parameters and buffers of a recurrent cell. Its element-wise equations are in `kernels/layers/cells/`. The loop
 * over time and the matrix products are in `kernels/layers/recurrence.c`.
 */
export interface Cell {
  /** Name for users. */
  readonly title: string;
  /** Prefix of the names of its kernels. */
  readonly kernels: Recurrence;
  /** G: number of blocks of H pre-activations that get the input product. */
  readonly gates: number;
  /** R: number of blocks, the first ones, that also get the recurrent product. */
  readonly recurrent: number;
  /** Blocks of H floats that forward saves for backward. */
  readonly saved: number;
  /** Number of peephole vectors (H) from cell states to gates. Default: 0. */
  readonly peepholes?: number;
  /** The cell has a reset gate and a second recurrent matrix (H, H), whose product is added to block R. */
  readonly reset?: true;
  /**
   * The gate that keeps the old state (sign 1), or the gate that replaces it (sign -1). Its initial bias is sign times
   * the forget bias.
   */
  readonly forget?: { readonly gate: number; readonly sign: 1 | -1 };
  /** The cell reads the cell state of the lower recurrent layer. */
  readonly readsLowerState?: true;
  /** The units form modules that are updated with different periods. */
  readonly clocked?: true;
}
