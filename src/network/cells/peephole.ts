import type { Cell } from './cell.ts';

/** LSTM whose gates read the cell state (Gers & Schmidhuber 2000): i and f the previous one, o the new one. */
export const peephole: Cell = {
  title: 'peephole LSTM',
  kernels: 'peephole',
  gates: 4,
  recurrent: 4,
  saved: 5,
  peepholes: 3,
  forget: { gate: 1, sign: 1 },
};
