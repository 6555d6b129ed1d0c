import type { NetworkConfig } from './config.ts';
import type { TrainingOptions } from './engine.ts';

/**
 * Returns a function from a gold tag to its loss weight. The weight of a set of tags is the mean of the tags' weights.
 */
export function lossWeight(
  {
    config,
    training,
  }: { readonly config: NetworkConfig; readonly training: TrainingOptions | undefined },
  head: number,
  tagSets: Float32Array | undefined,
): (tag: number) => number {
  const weights = config.decoder === 'crf' ? undefined : training!.tagWeights?.[head];
  if (!weights) return (tag) => (tag === -1 ? 0 : 1);
  const meanOf = (set: Float32Array): number =>
    set.reduce((sum, isIn, k) => sum + isIn * weights[k]!, 0) /
    set.reduce((sum, isIn) => sum + isIn, 0);
  const K = weights.length;
  return (tag) => {
    if (tag >= 0) return weights[tag]!;
    return tag === -1 ? 0 : meanOf(tagSets!.subarray((-2 - tag) * K, (-1 - tag) * K));
  };
}
