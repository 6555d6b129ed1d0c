import type { Cell } from './cell.ts';

/** LSTM whose gates read the cell state: i and f that of the step before, o the new one (Gers & Schmidhuber 2000). */
export const peephole: Cell = {
  title: 'peephole LSTM',
  kernels: 'peephole',
  gates: 4,
  recurrent: 4,
  saved: 5,
  peepholes: 3,
  forget: { gate: 1, sign: 1 },
};
