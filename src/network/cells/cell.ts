import type { Recurrence } from '../../backend/kernels.ts';

/**
 * A recurrent cell: what it takes of parameters and space. Its equations are in `kernels/cells/`, pointwise, over the
 * walk and the products of `kernels/recurrence.h`.
 */
export interface Cell {
  /** What people call it. */
  readonly title: string;
  /** What its kernels are called. */
  readonly kernels: Recurrence;
  /** G: blocks of H pre-activations that the input makes. */
  readonly gates: number;
  /** R: of these, the first ones that get the recurrent product as well. */
  readonly recurrent: number;
  /** Blocks of H floats that forward saves for backward. */
  readonly saved: number;
  /** Vectors of H weights by which single units see single cell states. */
  readonly peepholes?: number;
  /** Has a reset gate before a second recurrent matrix (H, H), which enters block R. */
  readonly reset?: true;
  /** The gate that keeps the past, or with sign -1 the one that replaces it: its bias begins there. */
  readonly forget?: { readonly gate: number; readonly sign: 1 | -1 };
  /** Sees the cell state of the layer below. */
  readonly below?: true;
  /** Its units are in modules that tick at periods of their own. */
  readonly clocked?: true;
}
