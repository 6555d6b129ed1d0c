import type { Arena, Space } from '../backend/arena.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import type { TypeBatch, Types } from './batch.ts';
import type { TypeSizes } from './characters.ts';
import { featureSize, type NetworkConfig } from './config.ts';
import type { Weights } from './weights.ts';

// What a word's form tells besides its characters (affixes, shape, n-grams): bags of rows of one hashed table, a bag for
// each group of features. A type's encoding is the sums of its bags, side by side.

/** Bags of every type: bag g of type f is members[offsets[f * groups + g]] .. members[offsets[f * groups + g + 1]]. */
export interface Bags {
  readonly offsets: Int32Array;
  readonly members: Int32Array;
}

export interface FeatureLayout {
  readonly offsets: Address; // (Y groups + 1)
  readonly members: Address; // (M) rows of feature.embedding
  readonly out: Address; // (Y, featureSize)
  readonly dout: Address;
}

export function layoutFeatures(
  { integers, scratch }: Space,
  config: NetworkConfig,
  { Y, M }: TypeSizes,
  { training }: { training: boolean },
): FeatureLayout {
  const size = featureSize(config);
  return {
    offsets: integers.take(Y * config.featureGroups + 1),
    members: integers.take(M),
    out: scratch.take(Y * size),
    dout: training ? scratch.take(Y * size) : 0,
  };
}

/** Members of all bags of a type. */
export const membersOf = ({ bags }: Types, id: number, groups: number): Int32Array =>
  bags!.members.subarray(bags!.offsets[id * groups]!, bags!.offsets[(id + 1) * groups]!);

/** Writes the integers of a FeatureLayout. */
export function writeFeatures(
  arena: Pick<Arena, 'i32'>,
  { featureGroups: groups }: NetworkConfig,
  layout: FeatureLayout,
  types: Types,
  { ids, sizes }: TypeBatch,
): void {
  if (groups === 0) return;
  const offsets = arena.i32(layout.offsets, ids.length * groups + 1);
  const members = arena.i32(layout.members, sizes.M);
  const from = types.bags!.offsets;
  offsets[0] = 0;
  ids.forEach((id, y) => {
    const own = membersOf(types, id, groups);
    const begin = offsets[y * groups]!;
    members.set(own, begin);
    for (let g = 1; g <= groups; g++)
      offsets[y * groups + g] = begin + from[id * groups + g]! - from[id * groups]!;
  });
}

/** out (Y, featureSize): the sums of every type's bags. */
export function featuresForward(
  kernels: Kernels,
  { featureGroups, featureDim: F }: NetworkConfig,
  weights: Weights,
  { offsets, members, out }: FeatureLayout,
  Y: number,
): void {
  if (featureGroups === 0) return;
  const table = weights.at['feature.embedding']!;
  kernels.segment_sum(out, table, offsets, members, Y * featureGroups, F, F);
}

/** Adds to the gradient of the table from dout (Y, featureSize). */
export function featuresBackward(
  kernels: Kernels,
  { featureGroups, featureDim: F }: NetworkConfig,
  dtable: Address,
  { offsets, members, dout }: FeatureLayout,
  Y: number,
): void {
  if (featureGroups === 0) return;
  kernels.segment_scatter_add(dtable, dout, offsets, members, Y * featureGroups, F);
}
