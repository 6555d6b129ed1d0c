import { Layout } from '../../backend/arena.ts';
import { byFallingLength, type Types } from '../batch.ts';
import { type Direction, directionsOf } from '../config.ts';
import type { TrainingBatch } from '../engine.ts';
import { eachAge } from '../packing.ts';
import { TaskId } from '../program.ts';
import type { Context } from './context.ts';
import { placeShard, prepareShard } from './shards.ts';

/** As `Engine.gradientNorms`. */
export function gradientNorms(
  context: Context,
  batch: TrainingBatch,
  { types, distance }: { types: Types; distance: number },
): Partial<Record<Direction, number[]>> {
  const { backend, config, scratch } = context;
  const { arena, pool } = backend;
  const lengths = batch.types.map((sentence) => sentence.length);
  const order = byFallingLength(lengths).filter((s) => lengths[s]! > 0);
  const H = config.hidden;
  const norms: Partial<Record<Direction, number[]>> = {};
  directionsOf(config).forEach((direction, d) => {
    const layout = new Layout(scratch);
    const trace = layout.take(lengths.reduce((sum, n) => sum + n * H, 0));
    const shard = prepareShard(context, order, { of: batch, lengths, types });
    const placed = placeShard(context, layout, shard);
    const space = layout.take(shard.scratch / 4);
    arena.reserve(layout.end);
    pool.run(TaskId.probe, 1, [...placed, space, d, trace]);
    const sums: { sum: number; count: number }[] = [];
    // The loss stands at the end of what the direction reads: distances are ages of the other way.
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
