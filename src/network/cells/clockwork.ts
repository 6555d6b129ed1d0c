import type { Cell } from './cell.ts';

/** Clockwork RNN (Koutnik et al. 2014): modules of units, each moving only at multiples of its period. */
export const clockwork: Cell = {
  title: 'clockwork RNN',
  kernels: 'clockwork',
  gates: 1,
  recurrent: 1,
  saved: 0,
  clocked: true,
};

/** The module of unit j of H, among `modules` as equal as can be, fast ones first. */
export const moduleOf = (unit: number, { H, modules }: { H: number; modules: number }): number =>
  Math.floor((unit * modules) / H);

/** For every age (tokens since the sentence's beginning): the modules that tick then, a bit each. */
export const ticks = (age: number, periods: readonly number[]): number =>
  periods.reduce((bits, period, module) => (age % period === 0 ? bits | (1 << module) : bits), 0);

/** Makes U (H, H) 0 from units of faster modules to those of slower ones, row = from, column = to. */
export function clearUphill(U: Float32Array, { H, modules }: { H: number; modules: number }): void {
  for (let from = 0; from < H; from++) {
    const next = Math.ceil(((moduleOf(from, { H, modules }) + 1) * H) / modules);
    U.fill(0, from * H + next, (from + 1) * H);
  }
}
