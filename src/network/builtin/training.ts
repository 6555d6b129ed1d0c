import { Layout } from '../../backend/arena.ts';
import type { Address } from '../../backend/kernels.ts';
import { Numbering } from '../batch.ts';
import type {
  Engine,
  OptimizerState,
  PreparedBatch,
  StepOptions,
  StepResult,
  TrainingBatch,
} from '../engine.ts';
import { streamCount } from '../layers/random-streams.ts';
import { sizeOf } from '../parameters.ts';
import { TaskId } from '../program.ts';
import { DENSE_BLOCK, ROW_BLOCK, SHARDS, type TrainingSpec } from '../tasks/spec.ts';
import { productTickets } from '../tasks/update.ts';
import { sumOf, type TrainingSteps, tagsOnly } from '../training-steps.ts';
import type { Context } from './context.ts';
import { placeShard, prepare, type ShardedBatch } from './shards.ts';

/** Gradients of the word embedding's rows that a step used, in scratch space. */
interface WordGradients {
  /** Number of rows; 0 if the word embedding is frozen. */
  readonly used: number;
  readonly ids: Address; // (used)
  readonly gradients: Address; // (used, wordDim)
}

export function createTraining(context: Context, parametersChanged: () => void): TrainingSteps {
  const { backend, config, network, memory, training: options, scratch, reserve } = context;
  const { arena, pool } = backend;
  const { weights } = memory;
  if (!memory.training || !options) return tagsOnly;
  const spec = memory.training;
  const { freezeWords = false } = options;
  const D = network.input.width;
  const denseBlocks = Math.ceil(weights.denseSize / DENSE_BLOCK);
  const products = productTickets(weights).length;
  const wordRows = new Numbering(config.words);
  let updates = 0;
  let batchCount = 0;

  const asSharded = (batch: TrainingBatch | PreparedBatch): ShardedBatch =>
    'shards' in batch ? (batch as ShardedBatch) : prepare(context, batch as TrainingBatch);

  function trainStep(
    given: Parameters<Engine['trainStep']>[0],
    { learningRate, clipNorm = 0, clipValue = Number.POSITIVE_INFINITY, meanwhile }: StepOptions,
  ): StepResult {
    const batches = [given].flat().map(asSharded);
    const tokens = sumOf(batches, (batch) => batch.tokens);
    const scales = config.tags.map(
      (_, h) => 1 / (sumOf(batches, ({ weights }) => weights[h]!) || 1),
    );
    const { languageModelWeight = 1 } = options!;
    const kept = new Layout(scratch); // the space after it is reused by every batch
    const dx = kept.take(tokens * D);
    const wordIndices = new Int32Array(tokens); // row of dx -> index among the distinct words of all batches
    wordRows.reset();
    let layout = kept;
    let loss = 0;
    let row = 0;
    batches.forEach((batch, i) => {
      layout = new Layout(kept.end);
      begin(batch, {
        layout,
        dx: dx + row * D * 4,
        stream: batchCount + i,
        scales: [languageModelWeight / tokens, ...scales],
      });
      pool.finish();
      // small tickets, so that all threads finish together even if this thread joins late
      pool.begin(TaskId.multiply, products, [i > 0 ? 1 : 0]);
      try {
        for (const { words } of batch.shards)
          for (const word of words) wordIndices[row++] = wordRows.number(word);
        if (i === batches.length - 1) meanwhile?.();
      } finally {
        pool.finish();
      }
      for (let shard = 0; shard < SHARDS; shard++)
        loss += arena.f32(spec.losses + shard * 64, 1)[0]!;
    });
    const words = reduce(layout, { dx, wordIndices });
    const blocks = denseBlocks + Math.ceil(words.used / ROW_BLOCK);
    const { norm: gradientNorm, greatest } = measure(blocks);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
      return { loss, gradientNorm, tokens, clipped: false };
    updates++;
    batchCount += batches.length;
    const { momentum, beta2 } = spec.optimizer;
    const scale = clipNorm > 0 && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;
    pool.run(TaskId.update, blocks, [
      words.used,
      words.gradients,
      words.ids,
      scale,
      clipValue,
      learningRate,
      1 / (1 - momentum ** updates),
      1 / (1 - beta2 ** updates),
    ]);
    parametersChanged();
    return { loss, gradientNorm, tokens, clipped: scale < 1 || scale * greatest > clipValue };
  }

  /**
   * Begins the forward and backward pass of a batch. The gradient of the first layer's input is written to dx (tokens,
   * D).
   * @param options.scales the factors of the losses: of the language models, and of each head
   */
  function begin(
    { shards, tagSets }: ShardedBatch,
    options: { layout: Layout; dx: Address; stream: number; scales: readonly number[] },
  ): void {
    const { layout, dx, stream, scales } = options;
    const tables = tagSets.map((sets) => {
      if (!sets) return 0;
      const at = layout.take(sets.length);
      reserve(layout);
      arena.f32(at, sets.length).set(sets);
      return at;
    });
    const placed = shards.map((shard) => placeShard(context, layout, shard));
    const most = Math.max(...shards.map((shard) => shard.scratch));
    const spaces = layout.take((pool.threads * most) / 4);
    reserve(layout);
    let row = 0;
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
      stream * SHARDS * streamCount(config),
      ...scales,
      ...tables,
    ]);
  }

  /** Sums the gradients of all shards; gradients of words are summed by row. */
  function reduce(
    layout: Layout,
    { dx, wordIndices }: { dx: Address; wordIndices: Int32Array },
  ): WordGradients {
    const used = freezeWords ? 0 : wordRows.items.length;
    const tokens = wordIndices.length;
    const offsets = layout.take(used + 1);
    const members = layout.take(tokens);
    const ids = layout.take(used);
    const gradients = layout.take(used * config.wordDim);
    reserve(layout);
    if (used > 0) {
      writeSegments(wordIndices, used, arena.i32(offsets, used + 1), arena.i32(members, tokens));
      arena.i32(ids, used).set(wordRows.items);
    }
    const blocks = denseBlocks + Math.ceil(used / ROW_BLOCK);
    pool.run(TaskId.reduce, blocks, [used, gradients, offsets, members, dx]);
    return { used, ids, gradients };
  }

  /** The global norm of the gradient and the greatest magnitude of its elements. */
  function measure(blocks: number): { norm: number; greatest: number } {
    const measures = arena.f64(spec.squares, 2 * blocks);
    let squared = 0;
    let greatest = 0;
    for (let block = 0; block < blocks; block++) {
      squared += measures[2 * block]!;
      greatest = Math.max(greatest, measures[2 * block + 1]!);
    }
    return { norm: Math.sqrt(squared), greatest };
  }

  /** Views of the moments of each learned parameter. */
  const moments = (): [name: string, views: Float32Array[]][] =>
    weights.specs.flatMap(({ name, shape }, i) => {
      if (i === 0 && freezeWords) return []; // the word embedding comes first
      const begin = i === 0 ? spec.wordMoments : shifted(spec.moments, weights.at[name]!);
      const views = begin.filter((at) => at > 0).map((at) => arena.f32(at, sizeOf(shape)));
      return [[name, views]];
    });
  const shifted = (all: TrainingSpec['moments'], parameter: Address): Address[] =>
    all.map((at) => (at === 0 ? 0 : at + parameter - weights.dense));

  return {
    trainStep,
    getOptimizerState: () => ({
      updates,
      batches: batchCount,
      moments: Object.fromEntries(
        moments().map(([name, views]) => [name, views.map((view) => view.slice())]),
      ),
    }),
    setOptimizerState(state: OptimizerState) {
      for (const [name, views] of moments()) {
        const given = state.moments[name];
        if (given?.length !== views.length || given.some((m, i) => m.length !== views[i]!.length))
          throw new RangeError(`the optimizer state of ${name} does not fit this network`);
        views.forEach((view, i) => {
          view.set(given[i]!);
        });
      }
      updates = state.updates;
      batchCount = state.batches;
    },
  };
}

/** Lists the members of each segment, in ascending order. Row r is a member of segment indices[r]. */
function writeSegments(
  indices: Int32Array,
  count: number,
  offsets: Int32Array,
  members: Int32Array,
): void {
  offsets.fill(0);
  for (const index of indices) offsets[index + 1]!++;
  for (let s = 0; s < count; s++) offsets[s + 1]! += offsets[s]!;
  const next = offsets.slice(0, count);
  indices.forEach((index, row) => {
    members[next[index]!++] = row;
  });
}
