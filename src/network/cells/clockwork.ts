import type { Cell } from './cell.ts';

/** Clockwork RNN (Koutnik et al. 2014): each module of units changes only at multiples of its period. */
export const clockwork: Cell = {
  title: 'clockwork RNN',
  kernels: 'clockwork',
  gates: 1,
  recurrent: 1,
  saved: 0,
  clocked: true,
};

/** The module of one of H units. Modules are as equal in size as possible, the fastest first. */
export const moduleOf = (unit: number, { H, modules }: { H: number; modules: number }): number =>
  Math.floor((unit * modules) / H);

/** The modules that are updated at an age (number of earlier tokens in the sentence), as bits. */
export const ticks = (age: number, periods: readonly number[]): number =>
  periods.reduce((bits, period, module) => (age % period === 0 ? bits | (1 << module) : bits), 0);

/** Sets the weights of U (H, H) from faster modules to slower ones to 0. Rows are sources, columns are targets. */
export function clearUphill(U: Float32Array, { H, modules }: { H: number; modules: number }): void {
  for (let from = 0; from < H; from++) {
    const next = Math.ceil(((moduleOf(from, { H, modules }) + 1) * H) / modules);
    U.fill(0, from * H + next, (from + 1) * H);
  }
}
