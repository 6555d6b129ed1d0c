import type { Cell } from './cell.ts';

/** Simple recurrent network (Elman 1990) of tanh units or of rectified linear units. */
export const rnn = {
  tanh: { title: 'RNN of tanh units', kernels: 'rnn_tanh', gates: 1, recurrent: 1, saved: 0 },
  relu: { title: 'RNN of rectified units', kernels: 'rnn_relu', gates: 1, recurrent: 1, saved: 0 },
} satisfies Record<string, Cell>;
