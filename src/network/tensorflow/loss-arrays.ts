import { lossWeight } from '../loss-weights.ts';
import type { Arrays, ArrayTrainingBatch } from './batch.ts';
import type { Context } from './context.ts';
import { allowedName, costsName, setName, weightName } from './names.ts';

/** The loss weight of each token (N), and their sum. */
export interface TokenWeights {
  readonly values: Float32Array;
  readonly sum: number;
}

/** For each head. */
export const tokenWeights = (context: Context, batch: ArrayTrainingBatch): TokenWeights[] =>
  batch.golds.map((gold, head) => {
    const weightOf = lossWeight(context, head, batch.tagSets[head]);
    const values = Float32Array.from(gold, weightOf);
    return { values, sum: gold.reduce((sum, tag) => sum + weightOf(tag), 0) };
  });

/** The arrays that the losses read in addition to the gold tags. */
export function lossArrays(
  { config, training, transitions }: Context,
  { golds, tagSets }: ArrayTrainingBatch,
  weights: readonly TokenWeights[],
): Arrays {
  const arrays: Record<string, Float32Array> = {};
  config.tags.forEach((K, head) => {
    arrays[weightName(head)] = weights[head]!.values;
    const gold = golds[head]!;
    const table = tagSets[head];
    if (table && gold.some((tag) => tag < -1)) {
      const sets = new Float32Array(gold.length * K);
      gold.forEach((tag, row) => {
        if (tag < -1) sets.set(table.subarray((-2 - tag) * K, (-1 - tag) * K), row * K);
      });
      arrays[setName(head)] = sets;
    }
    if (config.decoder !== 'crf') return;
    const allowed = transitions[head];
    if (allowed) arrays[allowedName(head)] = Float32Array.from(allowed);
    const costs = training!.tagWeights?.[head];
    if (costs) arrays[costsName(head)] = costs.map(Math.log);
  });
  return arrays;
}
