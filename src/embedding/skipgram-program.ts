import type { Address } from '../backend/kernels.ts';
import type { Task, TaskContext } from '../backend/pool.ts';

/** Number of parts of a round. It does not depend on the number of threads, so neither do the results. */
export const SHARDS = 4;

/** Sizes and addresses for the threads. kernels/skipgram.c describes the arrays. */
export interface Spec {
  readonly words: number;
  /** Number of rows for words as centres and for n-gram buckets. The rows for words as contexts follow. */
  readonly rows: number;
  readonly dim: number;
  /** `dim`, rounded up to a multiple of the register width of any processor. */
  readonly stride: number;
  /** Maximum number of rows that a shard copies in a round. */
  readonly capacity: number;
  readonly seed: number;
  /** (rows + words, stride). */
  readonly table: Address;
  readonly subwords: Address;
  readonly offsets: Address;
  readonly noise: Address;
  readonly kept: Address;
  /** n, words, rows, stride, window, negatives, seed, stream. */
  readonly plan: Address;
  readonly values: Address; // (SHARDS, capacity, stride)
  readonly slots: Address; // (SHARDS, rows + words)
  readonly touched: Address; // (SHARDS, capacity + 1)
  readonly scratch: Address; // (SHARDS, 2, stride)
  readonly loss: Address; // (SHARDS, 8) doubles: one cache line per shard, with two doubles in use
}

export const SHARD = 0;
export const MERGE = 1;
export const INITIALISE = 2;
/** Rows that one INITIALISE task fills. */
export const BLOCK = 4096;

export function createTasks({ kernels }: TaskContext, spec: Spec): Task[] {
  const { words, rows, dim, stride, capacity } = spec;
  const size = rows + words;
  return [
    // SHARD: one round of a shard. args: first centre of the round, centres per shard, end of the centres, learning
    // rate
    (shard, args) => {
      const begin = Math.min(args[0]! + shard * args[1]!, args[2]!);
      kernels.skipgram_shard(
        spec.values + shard * capacity * stride * 4,
        spec.slots + shard * size * 4,
        spec.touched + shard * (capacity + 1) * 4,
        spec.scratch + shard * 2 * stride * 4,
        spec.loss + shard * 64,
        spec.table,
        spec.subwords,
        spec.offsets,
        spec.kept,
        spec.noise,
        spec.plan,
        begin,
        Math.min(begin + args[1]!, args[2]!),
        args[3]!,
      );
    },
    // MERGE: adds the changes of all shards, for a part of the rows
    (shard) => {
      const { table, values, slots, touched } = spec;
      kernels.skipgram_merge(table, values, slots, touched, shard, SHARDS, size, capacity, stride);
    },
    // INITIALISE: sets a block of centre rows, uniform in ±1 / dim. Context rows stay 0.
    (block) => {
      const from = block * BLOCK;
      const n = Math.min(BLOCK, rows - from);
      const at = spec.table + from * stride * 4;
      kernels.uniform_rows(at, n, dim, stride, 1 / dim, spec.seed, block);
    },
  ];
}
