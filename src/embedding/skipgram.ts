import type { Backend } from '../backend/backend.ts';
import { BLOCK, createTasks, INITIALISE, MERGE, SHARD, SHARDS, type Spec } from './program.ts';
import { aliasTable, keepShares, keepThresholds, noiseShares } from './sampling.ts';
import { type SubwordOptions, subwordsOf } from './subwords.ts';
import type { Text } from './text.ts';

export interface SkipgramOptions extends SubwordOptions {
  readonly dim: number;
  /** Words on each side of a centre, at most. */
  readonly window: number;
  /** Noise words that are drawn for a centre. */
  readonly negatives: number;
  /** Share of the text above which words are thinned out; 0: none are. */
  readonly subsample: number;
  readonly seed: number;
}

export interface Skipgram {
  readonly parameters: number;
  /**
   * One pass over the text; hands back control after each round.
   * @param rate step size, given how many ids of this pass are done
   */
  epoch(epoch: number, rate: (done: number) => number): Generator<Progress>;
  /** (words, dim): of each word the mean of its rows. */
  vectors(): Float32Array;
}

export interface Progress {
  /** Ids of this pass that are done. */
  readonly done: number;
  /** Sum of the losses that were measured in this pass, and the contexts that they belong to. */
  readonly loss: number;
  readonly contexts: number;
}

/** Ids that are thinned out at a time; no window reaches beyond. */
const STRETCH = 1 << 16;
/**
 * Centres of a shard in a round, at most: each shard knows nothing of what the others do meanwhile. Half as many do as
 * well, four times as many begin to overshoot.
 */
const MOST_CENTRES = 256;
/**
 * How often a noise word may be expected to come again in a shard's round: where there are few words, all are frequent, and
 * overshoot sooner.
 */
const MOST_AGAIN = 4;
/** Numbers to which rows are filled up: the widest vector. */
const WIDEST = 16;

/** Centres of a shard in a round. */
export function centresOf(counts: Int32Array, negatives: number): number {
  const again = noiseShares(counts).reduce((sum, p) => sum + p * p, 0);
  return Math.max(1, Math.min(MOST_CENTRES, Math.floor(MOST_AGAIN / (negatives * again))));
}

/** Lays everything out and initialises it. */
export function createSkipgram(backend: Backend, text: Text, options: SkipgramOptions): Skipgram {
  const { arena, kernels, pool } = backend;
  const { dim, window, negatives, seed, buckets, maxNgram } = options;
  const words = text.words.length;
  const { owned, rows: subwords } = subwordsOf(text.words, options);
  const rows = words + (maxNgram > 0 ? buckets : 0);
  const size = rows + words;
  const stride = Math.ceil(dim / WIDEST) * WIDEST;
  const longest = owned.reduce(
    (most, end, w) => Math.max(most, w > 0 ? end - owned[w - 1]! : 0),
    0,
  );
  const centres = centresOf(text.counts, negatives);
  const capacity = Math.min(size, centres * (longest + 2 * window + negatives));

  const place = (values: Int32Array): number => {
    const at = arena.take(values.length);
    arena.i32(at, values.length).set(values);
    return at;
  };
  // the largest first: where they do not fit, nothing was done in vain
  const table = arena.take(size * stride);
  const values = arena.take(SHARDS * capacity * stride);
  const slots = arena.take(SHARDS * size);
  arena.i32(slots, SHARDS * size).fill(-1);
  const keep = place(keepThresholds(keepShares(text.counts, options.subsample)));
  const ids = arena.take(STRETCH);
  const count = arena.take(1);
  const spec: Spec = {
    words,
    rows,
    dim,
    stride,
    capacity,
    seed,
    subwords: place(subwords),
    owned: place(owned),
    noise: place(aliasTable(noiseShares(text.counts))),
    kept: arena.take(STRETCH),
    plan: place(Int32Array.of(0, words, rows, stride, window, negatives, seed, 0)),
    touched: arena.take(SHARDS * (capacity + 1)),
    scratch: arena.take(SHARDS * 2 * stride),
    loss: arena.take(SHARDS * 16),
    table,
    values,
    slots,
  };
  pool.program(
    new URL('./program.js', import.meta.url).href,
    spec,
    createTasks({ kernels, arena, thread: 0 }, spec),
  );
  pool.run(INITIALISE, Math.ceil(rows / BLOCK));

  const idsNow = arena.i32(ids, STRETCH);
  const countNow = arena.i32(count, 1);
  const plan = arena.i32(spec.plan, 8);
  const loss = arena.f64(spec.loss, SHARDS * 8);
  const lossOf = (part: 0 | 1): number =>
    Array.from({ length: SHARDS }, (_, s) => loss[s * 8 + part]!).reduce((a, b) => a + b, 0);

  return {
    parameters: size * dim,
    *epoch(epoch, rate) {
      loss.fill(0);
      let done = 0;
      let stretch = 0;
      for (const chunk of text.ids)
        for (let from = 0; from < chunk.length; from += STRETCH, stretch++) {
          const part = chunk.subarray(from, from + STRETCH);
          const stream = (epoch << 20) + stretch;
          idsNow.set(part);
          kernels.skipgram_subsample(spec.kept, count, ids, keep, part.length, seed, stream);
          const kept = countNow[0]!;
          plan[0] = kept;
          plan[7] = stream;
          for (let begin = 0; begin < kept; begin += SHARDS * centres) {
            pool.run(SHARD, SHARDS, [
              begin,
              centres,
              kept,
              rate(done + (part.length * begin) / kept),
            ]);
            pool.run(MERGE, SHARDS);
            const end = Math.min(kept, begin + SHARDS * centres);
            yield {
              done: done + (part.length * end) / kept,
              loss: lossOf(0),
              contexts: lossOf(1),
            };
          }
          done += part.length;
        }
    },
    vectors() {
      const values = new Float32Array(words * dim);
      const block = Math.min(words, (STRETCH / stride) | 0);
      for (let from = 0; from < words; from += block) {
        const n = Math.min(block, words - from);
        kernels.segment_sum(
          ids,
          spec.table,
          spec.owned + from * 4,
          spec.subwords,
          n,
          stride,
          stride,
        );
        const view = arena.f32(ids, n * stride);
        for (let w = 0; w < n; w++) {
          const share = 1 / (owned[from + w + 1]! - owned[from + w]!);
          for (let j = 0; j < dim; j++)
            values[(from + w) * dim + j] = view[w * stride + j]! * share;
        }
      }
      return values;
    },
  };
}
