import type { Cell } from './cell.ts';
import { clockwork } from './clockwork.ts';
import { coupled } from './coupled.ts';
import { depthGated } from './depth-gated.ts';
import { gru } from './gru.ts';
import { lstm } from './lstm.ts';
import { peephole } from './peephole.ts';
import { rnn } from './rnn.ts';

export type { Cell } from './cell.ts';

export const cellNames = [
  'lstm',
  'peephole',
  'coupled',
  'gru',
  'rnn',
  'depth-gated',
  'clockwork',
] as const;
export type CellName = (typeof cellNames)[number];

const cells = { lstm, peephole, coupled, gru, clockwork } as const;

/** The cell of recurrent layer number `layer`. */
export function cellOf(
  config: { readonly cell: CellName; readonly activation: 'tanh' | 'relu' },
  layer: number,
): Cell {
  switch (config.cell) {
    case 'rnn':
      return rnn[config.activation];
    case 'depth-gated':
      return layer === 0 ? peephole : depthGated;
    default:
      return cells[config.cell];
  }
}
