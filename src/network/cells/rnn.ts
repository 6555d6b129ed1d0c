import type { Cell } from './cell.ts';

/** Simple recurrent network (Elman 1990), of tanh or of rectified units. */
export const rnn = {
  tanh: { kernels: 'rnn_tanh', gates: 1, recurrent: 1, saved: 0 },
  relu: { kernels: 'rnn_relu', gates: 1, recurrent: 1, saved: 0 },
} satisfies Record<string, Cell>;
