import type { Address } from '../backend/kernels.ts';

/**
 * A packed (time-major) batch: `B` sentences by descending length with `N` tokens over `T` time steps. The first tokens
 * of all sentences come before all second tokens. `rows` has T integers: the number of sentences that are longer than
 * t.
 */
export interface Packing {
  readonly rows: Address;
  readonly N: number;
  readonly T: number;
  readonly B: number;
}

/**
 * Calls `visit(row, age)` for every token of a packed batch. The age is the token's distance from the beginning of its
 * sentence, or from its end if `reverse`.
 */
export function eachAge(
  rows: Int32Array,
  reverse: boolean,
  visit: (row: number, age: number) => void,
): void {
  const lengths = new Int32Array(rows[0] ?? 0);
  rows.forEach((live) => {
    for (let b = 0; b < live; b++) lengths[b]!++;
  });
  let row = 0;
  rows.forEach((live, t) => {
    for (let b = 0; b < live; b++) visit(row++, reverse ? lengths[b]! - 1 - t : t);
  });
}
