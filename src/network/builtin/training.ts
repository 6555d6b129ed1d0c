import { Layout } from '../../backend/arena.ts';
import { Numbering } from '../batch.ts';
import type {
  OptimizerState,
  PreparedBatch,
  StepOptions,
  StepResult,
  TrainingBatch,
} from '../engine.ts';
import { streamCount } from '../layers/random-streams.ts';
import { TaskId } from '../program.ts';
import { DENSE_BLOCK, ROW_BLOCK, SHARDS } from '../tasks/spec.ts';
import { productTickets } from '../tasks/update.ts';
import type { Context } from './context.ts';
import { placeShard, prepare, type ShardedBatch } from './shards.ts';

type Batch = TrainingBatch | PreparedBatch;

const isSharded = (batch: Batch): batch is ShardedBatch => 'shards' in batch;

/** Steps of training and the optimizer's state. */
export function createTraining(context: Context, weightsChanged: () => void) {
  const { backend, config, network, weights, trainingSpec, scratch } = context;
  const { arena, pool } = backend;
  const D = network.input.width;
  const wordSize = config.words * config.wordDim;
  const denseBlocks = Math.ceil(weights.denseSize / DENSE_BLOCK);
  const products = productTickets(weights).length;
  const wordRows = new Numbering(config.words);
  let stepCount = 0;
  let batchCount = 0;

  function trainStep(given: Batch | readonly Batch[], options: StepOptions): StepResult {
    if (!trainingSpec) throw new Error('this engine only tags');
    const { clipNorm = 0, clipValue = Number.POSITIVE_INFINITY, meanwhile } = options;
    const batches = [given]
      .flat()
      .map((batch) =>
        isSharded(batch) ? batch : prepare(context, batch as TrainingBatch, options),
      );
    const tokens = sumOf(batches, (batch) => batch.tokens);
    const scales = config.tags.map(
      (_, h) => 1 / (sumOf(batches, ({ weights }) => weights[h]!) || 1),
    );

    const kept = new Layout(scratch); // beyond it every batch has the space of the one before
    const dx = kept.take(tokens * D);
    const places = new Int32Array(tokens); // row of dx -> place among the words of all batches
    wordRows.reset();
    let layout = kept;
    let loss = 0;
    let done = 0;
    batches.forEach(({ shards, sets }, i) => {
      layout = new Layout(kept.end);
      const tables = sets.map((table) => {
        if (!table) return 0;
        const at = layout.take(table.length);
        arena.reserve(layout.end);
        arena.f32(at, table.length).set(table);
        return at;
      });
      const placed = shards.map((shard) => placeShard(context, layout, shard));
      const most = Math.max(...shards.map((shard) => shard.scratch));
      const spaces = layout.take((pool.threads * most) / 4);
      arena.reserve(layout.end);
      let row = done;
      pool.begin(TaskId.backpropagate, SHARDS, [
        ...placed.map(([at]) => at),
        ...placed.map(([, rest]) => rest),
        ...shards.map(({ words }) => {
          const at = dx + row * D * 4;
          row += words.length;
          return at;
        }),
        spaces,
        most,
        (batchCount + i) * SHARDS * streamCount(config),
        ...scales,
        ...tables,
      ]);
      pool.finish();
      // its tickets are small, so that threads end together even if this one comes late
      pool.begin(TaskId.multiply, products, [i > 0 ? 1 : 0]);
      try {
        for (const { words } of shards)
          for (const word of words) places[done++] = wordRows.number(word);
        if (i === batches.length - 1) meanwhile?.();
      } finally {
        pool.finish();
      }
      for (let shard = 0; shard < SHARDS; shard++)
        loss += arena.f32(trainingSpec.losses + shard * 64, 1)[0]!;
    });

    const used = options.freezeWords ? 0 : wordRows.items.length;
    const offsets = layout.take(used + 1);
    const members = layout.take(tokens);
    const ids = layout.take(used);
    const rowGradients = layout.take(used * config.wordDim);
    arena.reserve(layout.end);
    if (used > 0) {
      writeSegments(places, used, arena.i32(offsets, used + 1), arena.i32(members, tokens));
      arena.i32(ids, used).set(wordRows.items);
    }
    const blocks = denseBlocks + Math.ceil(used / ROW_BLOCK);
    pool.run(TaskId.reduce, blocks, [used, rowGradients, offsets, members, dx]);
    const measures = arena.f64(trainingSpec.squares, 2 * blocks);
    let squared = 0;
    let most = 0;
    for (let block = 0; block < blocks; block++) {
      squared += measures[2 * block]!;
      most = Math.max(most, measures[2 * block + 1]!);
    }
    const norm = Math.sqrt(squared);
    if (!Number.isFinite(loss) || !Number.isFinite(norm))
      return { loss, norm, tokens, clipped: false };
    stepCount++;
    batchCount += batches.length;
    const { momentum, beta2 } = trainingSpec.optimizer;
    const scale = clipNorm > 0 && norm > clipNorm ? clipNorm / norm : 1;
    pool.run(TaskId.update, blocks, [
      used,
      rowGradients,
      ids,
      scale,
      clipValue,
      options.rate,
      1 / (1 - momentum ** stepCount),
      1 / (1 - beta2 ** stepCount),
    ]);
    weightsChanged();
    return { loss, norm, tokens, clipped: scale < 1 || scale * most > clipValue };
  }

  const moments = (): Float32Array[] => {
    if (!trainingSpec) throw new Error('this engine only tags');
    return [
      ...trainingSpec.moments.map((at) => arena.f32(at, weights.denseSize)),
      ...trainingSpec.wordMoments.map((at) => arena.f32(at, wordSize)),
    ];
  };

  return {
    trainStep,
    optimizerState: (): OptimizerState => ({
      step: stepCount,
      batches: batchCount,
      moments: moments().map((m) => m.slice()),
    }),
    restoreOptimizer: (state: OptimizerState): void => {
      stepCount = state.step;
      batchCount = state.batches;
      moments().forEach((m, i) => {
        m.set(state.moments[i]!);
      });
    },
  };
}

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

/** Lists the members of each segment: place p of row r makes r a member of segment p, in rising order. */
function writeSegments(
  places: Int32Array,
  count: number,
  offsets: Int32Array,
  members: Int32Array,
): void {
  offsets.fill(0);
  for (const place of places) offsets[place + 1]!++;
  for (let s = 0; s < count; s++) offsets[s + 1]! += offsets[s]!;
  const next = offsets.slice(0, count);
  places.forEach((place, row) => {
    members[next[place]!++] = row;
  });
}
