import type { Cell } from './cell.ts';

/** Long short-term memory (Hochreiter & Schmidhuber 1997), gates i f g o (forget gate: Gers et al. 2000). */
export const lstm: Cell = {
  title: 'LSTM',
  kernels: 'lstm',
  gates: 4,
  recurrent: 4,
  saved: 5,
  forget: { gate: 1, sign: 1 },
};
