import type { Recurrence } from '../../backend/kernels.ts';

/**
 * A recurrent cell: which parameters and buffers it needs. Its equations are in `kernels/layers/cells/`, element by element; the
 * walk over time and the matrix products are in `kernels/layers/recurrence.c`.
 */
export interface Cell {
  /** Name for users. */
  readonly title: string;
  /** Prefix of the names of its kernels. */
  readonly kernels: Recurrence;
  /** G: blocks of H pre-activations that the input makes. */
  readonly gates: number;
  /** R: the first R of these blocks also get the recurrent product. */
  readonly recurrent: number;
  /** Blocks of H floats that forward saves for backward. */
  readonly saved: number;
  /** Vectors of H weights from cell states to gates, unit by unit. Default: 0. */
  readonly peepholes?: number;
  /** Has a reset gate, and a second recurrent matrix (H, H), whose product enters block R. */
  readonly reset?: true;
  /** The gate that keeps the past, or with sign -1 the gate that replaces it. Its bias begins at sign times the forget bias. */
  readonly forget?: { readonly gate: number; readonly sign: 1 | -1 };
  /** Reads the cell state of the recurrent layer under it. */
  readonly readsLowerState?: true;
  /** Has modules of units that tick with different periods. */
  readonly clocked?: true;
}
