import type { Arena, Space } from '../backend/arena.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import { type NetworkConfig, tokenSize } from './config.ts';
import type { Bags } from './features.ts';
import type { Weights } from './weights.ts';

// What a token has besides its form (values of other columns, its place in a gazetteer's phrase): bags of rows of one
// table, a bag for each group. Their sums, side by side, stand in the first layer's input. Training has a set of bags
// for each token, since dropout changes them from step to step; tagging has one for each type in the cache, which there
// is a form with its bags.

export interface TokenLayout {
  readonly offsets: Address; // (n groups + 1)
  readonly members: Address; // (P) rows of token.embedding
  readonly rows: Address; // (n) 0, 1, 2, ...
  readonly out: Address; // (n, tokenSize)
  readonly dout: Address;
}

const groupsOf = ({ tokenFeatures }: NetworkConfig): number => tokenFeatures?.groups ?? 0;

/** How many members all bags of token `t` have. */
export function tokenMembers(config: NetworkConfig, bags: Bags | undefined, t: number): number {
  const groups = groupsOf(config);
  return bags ? bags.offsets[(t + 1) * groups]! - bags.offsets[t * groups]! : 0;
}

export function layoutTokens(
  { integers, scratch }: Space,
  config: NetworkConfig,
  { n, P, training }: { n: number; P: number; training: boolean },
): TokenLayout {
  const size = tokenSize(config);
  if (size === 0) return { offsets: 0, members: 0, rows: 0, out: 0, dout: 0 };
  return {
    offsets: integers.take(n * groupsOf(config) + 1),
    members: integers.take(P),
    rows: integers.take(n),
    out: scratch.take(n * size),
    dout: training ? scratch.take(n * size) : 0,
  };
}

/** Writes the integers of a TokenLayout, token after token: `add` takes the bags of token `t` of `bags`. */
export function tokenWriter(
  arena: Pick<Arena, 'i32'>,
  config: NetworkConfig,
  layout: TokenLayout,
  { n, P }: { n: number; P: number },
): { add(bags: Bags | undefined, t: number): void } {
  const groups = groupsOf(config);
  if (groups === 0) return { add: () => undefined };
  const offsets = arena.i32(layout.offsets, n * groups + 1);
  const members = arena.i32(layout.members, P);
  arena.i32(layout.rows, n).forEach((_, row, rows) => {
    rows[row] = row;
  });
  let bag = 0;
  let end = 0;
  offsets[0] = 0;
  return {
    add(bags, t) {
      for (let g = t * groups; g < (t + 1) * groups; g++) {
        if (bags)
          for (let m = bags.offsets[g]!; m < bags.offsets[g + 1]!; m++)
            members[end++] = bags.members[m]!;
        offsets[++bag] = end;
      }
    },
  };
}

/** out (n, tokenSize): the sums of every token's bags. */
export function tokensForward(
  kernels: Kernels,
  { tokenFeatures }: NetworkConfig,
  weights: Weights,
  { offsets, members, out }: TokenLayout,
  n: number,
): void {
  if (!tokenFeatures) return;
  const { groups, dim } = tokenFeatures;
  const table = weights.at['token.embedding']!;
  kernels.segment_sum(out, table, offsets, members, n * groups, dim, dim);
}

/** Adds to the gradient of the table from dout (n, tokenSize). */
export function tokensBackward(
  kernels: Kernels,
  { tokenFeatures }: NetworkConfig,
  dtable: Address,
  { offsets, members, dout }: TokenLayout,
  n: number,
): void {
  if (!tokenFeatures) return;
  const { groups, dim } = tokenFeatures;
  kernels.segment_scatter_add(dtable, dout, offsets, members, n * groups, dim);
}
