import type { Cell } from './cell.ts';

/** Gated recurrent unit (Cho et al. 2014) with the reset before the product: h = z h_prev + (1 - z) n; gates z r n. */
export const gru: Cell = {
  title: 'GRU',
  kernels: 'gru',
  gates: 3,
  recurrent: 2,
  saved: 3,
  reset: true,
  forget: { gate: 0, sign: 1 },
};
