import type { Cell } from './cell.ts';

/** LSTM with coupled gates, f = 1 - i (CIFG in Greff et al. 2015), gates i g o. */
export const coupled: Cell = {
  title: 'coupled LSTM',
  kernels: 'coupled',
  gates: 3,
  recurrent: 3,
  saved: 4,
  forget: { gate: 0, sign: -1 },
};
