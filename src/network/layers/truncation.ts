import type { Address } from '../../backend/kernels.ts';
import type { Bptt } from '../engine.ts';
import { eachAge } from '../packing.ts';
import type { Pass } from './layer.ts';

/**
 * Writes the mask (N) of truncated backpropagation through time: the factor of the gradient from each token to the
 * previous one. `regular` has 0 at every multiple of `length` and 1 elsewhere. `random` has 0 with probability
 * `probability`, and 1 / (1 - probability) elsewhere, so that the gradient is right on average (Tallec & Ollivier
 * 2017).
 */
export function writeTruncationMask(
  { kernels, arena, rows, N, T }: Pass,
  mask: Address,
  { bptt, reverse, seed, stream }: { bptt: Bptt; reverse: boolean; seed: number; stream: number },
): void {
  if (bptt.kind === 'random') kernels.dropout_mask(mask, N, 1 - bptt.probability, seed, stream);
  if (bptt.kind !== 'regular') return;
  const factors = arena.f32(mask, N);
  eachAge(arena.i32(rows, T), reverse, (row, age) => {
    factors[row] = age % bptt.length === 0 ? 0 : 1;
  });
}
