import type { Backend } from '../backend/backend.ts';
import { aliasTable, keepProbabilities, keepThresholds, noiseProbabilities } from './sampling.ts';
import {
  BLOCK,
  createTasks,
  INITIALISE,
  MERGE,
  SHARD,
  SHARDS,
  type Spec,
} from './skipgram-program.ts';
import { type SubwordOptions, subwordRows } from './subwords.ts';
import type { NumberedText } from './text.ts';

export interface SkipgramOptions extends SubwordOptions {
  readonly dim: number;
  /** Maximum number of context words on each side of a centre. */
  readonly window: number;
  /** Noise words per centre. */
  readonly negatives: number;
  /** Relative frequency above which words are subsampled; 0 for no subsampling. */
  readonly subsample: number;
  readonly seed: number;
}

/** A place between two rounds. */
export interface Position {
  /** From 0. */
  readonly epoch: number;
  /** Index of a segment of the text, and of the next centre among its words that subsampling keeps. */
  readonly segment: number;
  readonly centre: number;
  /** The measured losses of this epoch, and their number of contexts. */
  readonly loss: number;
  readonly contexts: number;
}

/** Where an epoch begins. */
export const startOf = (epoch: number): Position => ({
  ...{ epoch, segment: 0, centre: 0, loss: 0, contexts: 0 },
});

export interface Skipgram {
  readonly parameters: number;
  /**
   * Trains for the rest of one epoch. Yields after each round.
   * @param learningRate the learning rate after `done` ids of this epoch
   */
  epoch(from: Position, learningRate: (done: number) => number): Generator<Progress>;
  /** A view of all rows. With a position it is the whole state of training. */
  table(): Float32Array;
  /** The word vectors (words, dim): for each word the mean of its rows. */
  vectors(): Float32Array;
}

export interface Progress {
  /** Number of processed ids in this epoch. */
  readonly done: number;
  /** Where training goes on. It has the loss of the epoch so far. */
  readonly next: Position;
}

/** Number of ids that are subsampled at a time. No window crosses the border of such a segment. */
export const SEGMENT = 1 << 16;
/**
 * Maximum number of centres of a shard in a round. A shard does not see the updates of other shards in the same round.
 * Half as many centres give no better vectors; with four times as many, updates begin to overshoot.
 */
const MOST_CENTRES = 256;
/**
 * Maximum expected number of occurrences of the same noise word in a round of a shard. In a small vocabulary all words
 * are frequent, so that updates overshoot sooner.
 */
const MOST_REPEATS = 4;
/** Floats in the widest register; rows are padded to a multiple. */
const REGISTER_WIDTH = 16;

/** The number of centres of a shard in a round. */
export function centresPerRound(counts: Int32Array, negatives: number): number {
  const sameNoise = noiseProbabilities(counts).reduce((sum, p) => sum + p * p, 0);
  return Math.max(1, Math.min(MOST_CENTRES, Math.floor(MOST_REPEATS / (negatives * sameNoise))));
}

/**
 * Allocates and initialises a skip-gram model.
 * @throws RangeError if it does not fit into the arena
 */
export function createSkipgram(
  backend: Backend,
  text: NumberedText,
  options: SkipgramOptions,
): Skipgram {
  const { arena, kernels, pool } = backend;
  const { dim, window, negatives, seed, buckets, maxNgram } = options;
  const words = text.words.length;
  const { offsets, rows: subwords } = subwordRows(text.words, options);
  const rows = words + (maxNgram > 0 ? buckets : 0);
  const size = rows + words;
  const stride = Math.ceil(dim / REGISTER_WIDTH) * REGISTER_WIDTH;
  const mostRows = offsets.reduce(
    (most, end, w) => Math.max(most, w > 0 ? end - offsets[w - 1]! : 0),
    0,
  );
  const centres = centresPerRound(text.counts, negatives);
  const capacity = Math.min(size, centres * (mostRows + 2 * window + negatives));

  const store = (values: Int32Array): number => {
    const address = arena.take(values.length);
    arena.i32(address, values.length).set(values);
    return address;
  };
  // the largest array first, to fail early if it does not fit
  const table = arena.take(size * stride);
  const values = arena.take(SHARDS * capacity * stride);
  const slots = arena.take(SHARDS * size);
  arena.i32(slots, SHARDS * size).fill(-1);
  const keep = store(keepThresholds(keepProbabilities(text.counts, options.subsample)));
  const ids = arena.take(SEGMENT);
  const count = arena.take(1);
  const spec: Spec = {
    words,
    rows,
    dim,
    stride,
    capacity,
    seed,
    subwords: store(subwords),
    offsets: store(offsets),
    noise: store(aliasTable(noiseProbabilities(text.counts))),
    kept: arena.take(SEGMENT),
    plan: store(Int32Array.of(0, words, rows, stride, window, negatives, seed, 0)),
    touched: arena.take(SHARDS * (capacity + 1)),
    scratch: arena.take(SHARDS * 2 * stride),
    loss: arena.take(SHARDS * 16),
    table,
    values,
    slots,
  };
  pool.program(
    new URL('./skipgram-program.js', import.meta.url).href,
    spec,
    createTasks({ kernels, arena, thread: 0 }, spec),
  );
  pool.run(INITIALISE, Math.ceil(rows / BLOCK));

  const idsView = arena.i32(ids, SEGMENT);
  const countView = arena.i32(count, 1);
  const plan = arena.i32(spec.plan, 8);
  const loss = arena.f64(spec.loss, SHARDS * 8);
  const lossOf = (part: 0 | 1): number =>
    Array.from({ length: SHARDS }, (_, s) => loss[s * 8 + part]!).reduce((a, b) => a + b, 0);

  return {
    parameters: size * dim,
    table: () => arena.f32(table, size * stride),
    *epoch(position, learningRate) {
      const { epoch } = position;
      loss.fill(0);
      loss[0] = position.loss;
      loss[1] = position.contexts;
      let done = 0;
      let segment = 0;
      for (const chunk of text.ids)
        for (let from = 0; from < chunk.length; from += SEGMENT, segment++) {
          const part = chunk.subarray(from, from + SEGMENT);
          if (segment < position.segment) {
            done += part.length;
            continue;
          }
          const stream = (epoch << 20) + segment;
          idsView.set(part);
          kernels.skipgram_subsample(spec.kept, count, ids, keep, part.length, seed, stream);
          const kept = countView[0]!;
          plan[0] = kept;
          plan[7] = stream;
          const first = segment === position.segment ? position.centre : 0;
          for (let begin = first; begin < kept; begin += SHARDS * centres) {
            pool.run(SHARD, SHARDS, [
              begin,
              centres,
              kept,
              learningRate(done + (part.length * begin) / kept),
            ]);
            pool.run(MERGE, SHARDS);
            const end = Math.min(kept, begin + SHARDS * centres);
            yield {
              done: done + (part.length * end) / kept,
              next: { epoch, segment, centre: end, loss: lossOf(0), contexts: lossOf(1) },
            };
          }
          done += part.length;
        }
    },
    vectors() {
      const values = new Float32Array(words * dim);
      const block = Math.min(words, (SEGMENT / stride) | 0);
      for (let from = 0; from < words; from += block) {
        const n = Math.min(block, words - from);
        kernels.segment_sum(
          ids,
          spec.table,
          spec.offsets + from * 4,
          spec.subwords,
          n,
          stride,
          stride,
        );
        const view = arena.f32(ids, n * stride);
        for (let w = 0; w < n; w++) {
          const scale = 1 / (offsets[from + w + 1]! - offsets[from + w]!);
          for (let j = 0; j < dim; j++)
            values[(from + w) * dim + j] = view[w * stride + j]! * scale;
        }
      }
      return values;
    },
  };
}
