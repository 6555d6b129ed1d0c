import type { Address } from '../backend/kernels.ts';
import type { Task, TaskContext } from '../backend/pool.ts';

/** Parts of a round, always so many, whatever the threads: results do not depend on who computes them. */
export const SHARDS = 4;

/** Where everything is; all that a thread needs to take part. The contracts are in kernels/skipgram.h. */
export interface Spec {
  readonly words: number;
  /** Rows of words as centres and of buckets; those of words as contexts follow. */
  readonly rows: number;
  readonly dim: number;
  /** `dim` filled up to whole vectors of any processor. */
  readonly stride: number;
  /** Rows that a shard can copy in a round. */
  readonly capacity: number;
  readonly seed: number;
  /** (rows + words, stride). */
  readonly table: Address;
  readonly subwords: Address;
  readonly owned: Address;
  readonly noise: Address;
  readonly kept: Address;
  /** n, words, rows, stride, window, negatives, seed, stream. */
  readonly plan: Address;
  // of each shard
  readonly values: Address; // (SHARDS, capacity, stride)
  readonly slots: Address; // (SHARDS, rows + words)
  readonly touched: Address; // (SHARDS, capacity + 1)
  readonly scratch: Address; // (SHARDS, 2, stride)
  readonly loss: Address; // (SHARDS, 8) doubles, a cache line each, two used
}

export const SHARD = 0;
export const MERGE = 1;
export const INITIALISE = 2;
/** Rows that a ticket of INITIALISE fills. */
export const BLOCK = 4096;

export function createTasks({ kernels }: TaskContext, spec: Spec): Task[] {
  const { words, rows, dim, stride, capacity } = spec;
  const size = rows + words;
  return [
    // A shard's round; args: the first centre of the round, centres a shard, the end of all, and the step size.
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
        spec.owned,
        spec.kept,
        spec.noise,
        spec.plan,
        begin,
        Math.min(begin + args[1]!, args[2]!),
        args[3]!,
      );
    },
    (shard) => {
      const { table, values, slots, touched } = spec;
      kernels.skipgram_merge(table, values, slots, touched, shard, SHARDS, size, capacity, stride);
    },
    // A block of rows of centres, uniform in ±1 / dim; those of contexts are 0.
    (block) => {
      const from = block * BLOCK;
      const n = Math.min(BLOCK, rows - from);
      const at = spec.table + from * stride * 4;
      kernels.uniform_rows(at, n, dim, stride, 1 / dim, spec.seed, block);
    },
  ];
}
