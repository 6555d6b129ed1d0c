import { Layout } from '../../backend/arena.ts';
import { byFallingLength } from '../batch.ts';
import { type Direction, directionsOf } from '../config.ts';
import type { TrainingBatch } from '../engine.ts';
import { eachAge } from '../packing.ts';
import { TaskId } from '../program.ts';
import type { Context } from './context.ts';
import { placeShard, prepareShard } from './shards.ts';

/** See `Engine.gradientNorms`. */
export function gradientNorms(
  context: Context,
  batch: TrainingBatch,
  distance: number,
): Partial<Record<Direction, number[]>> {
  const { backend, config, scratch, reserve } = context;
  const { arena, pool } = backend;
  const lengths = batch.sentences.map((sentence) => sentence.length);
  const order = byFallingLength(lengths).filter((s) => lengths[s]! > 0);
  const tokens = lengths.reduce((sum, n) => sum + n, 0);
  const H = config.hidden;
  const norms: Partial<Record<Direction, number[]>> = {};
  directionsOf(config).forEach((direction, d) => {
    const layout = new Layout(scratch);
    const trace = layout.take(tokens * H); // (N, H) gradients of the hidden states
    const shard = prepareShard(context, order, batch);
    const placed = placeShard(context, layout, shard);
    const space = layout.take(shard.scratch / 4);
    reserve(layout);
    pool.run(TaskId.probe, 1, [...placed, space, d, trace]);
    const sums: { sum: number; count: number }[] = [];
    // The loss is at the last token that the direction reads. The distance from it is the age in the other direction.
    eachAge(shard.rows, direction === 'forward', (row, back) => {
      if (back > distance) return;
      const gradient = arena.f32(trace + row * H * 4, H);
      sums[back] ??= { sum: 0, count: 0 };
      sums[back].sum += Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
      sums[back].count++;
    });
    norms[direction] = Array.from(sums, ({ sum, count }) => sum / count);
  });
  return norms;
}
