import type { Cell } from './cell.ts';
import { peephole } from './peephole.ts';

/**
 * Depth-gated LSTM (Yao et al. 2015): a peephole LSTM with a gate d for the cell state of the lower layer; gates i f g
 * o d. The first layer has no lower layer and is a peephole LSTM.
 */
export const depthGated: Cell = {
  ...peephole,
  title: 'depth-gated LSTM',
  kernels: 'depth_gated',
  gates: 5,
  saved: 6,
  peepholes: 5,
  readsLowerState: true,
};
