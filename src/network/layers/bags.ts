import type { Address } from '../../backend/kernels.ts';
import type { Bags } from '../engine.ts';
import type { InputBatch, InputLayer, LayerContext } from './layer.ts';

// Features as bags of rows of one embedding table: each item (word type or token) has a bag for each group of features,
// and its encoding is the sums of its bags, side by side.

interface BagBuffers {
  readonly n: number; // items
  readonly N: number; // tokens
  readonly D: number;
  readonly x: Address;
  readonly dx: Address;
  readonly offsets: Address; // (n groups + 1)
  readonly members: Address; // rows of the table
  readonly items: Address; // (N) the item of each token
  readonly indices: Address; // (N) 0, 1, 2, ... if the items are tokens, else 0
  readonly out: Address; // (n, width)
  readonly dout: Address;
}

type Visit = (bags: Bags | undefined, i: number) => void;

/** An input layer that sums bags of features. */
export function bagLayer(
  { parameters }: LayerContext,
  options: {
    name: string;
    rows: number;
    groups: number;
    dim: number;
    /** What the items are. */
    of: 'types' | 'tokens';
    eachItem: (batch: InputBatch, visit: Visit) => void;
  },
): InputLayer<'members', BagBuffers> {
  const { name, rows, groups, dim, of, eachItem } = options;
  const width = groups * dim;
  const table = parameters.array({ name, shape: [rows, dim], init: 'embedding' });
  return {
    name,
    width,
    sizes: ['members'],

    prepare(batch) {
      let count = 0;
      eachItem(batch, (bags, i) => {
        if (bags) count += bags.offsets[(i + 1) * groups]! - bags.offsets[i * groups]!;
      });
      return {
        sizes: { members: count },
        write(memory, b) {
          const offsets = memory.i32(b.offsets, b.n * groups + 1);
          const members = memory.i32(b.members, count);
          let bag = 0;
          let end = 0;
          offsets[0] = 0;
          eachItem(batch, (bags, i) => {
            for (let g = i * groups; g < (i + 1) * groups; g++) {
              if (bags)
                for (let m = bags.offsets[g]!; m < bags.offsets[g + 1]!; m++)
                  members[end++] = bags.members[m]!;
              offsets[++bag] = end;
            }
          });
          if (!b.indices) return;
          const items = memory.i32(b.indices, b.N);
          for (let i = 0; i < b.N; i++) items[i] = i;
        },
      };
    },

    layout({ integers, scratch }, { N, Y, D, x, dx, types, training }, { members }) {
      const n = of === 'types' ? Y : N;
      const offsets = integers.take(n * groups + 1);
      const indices = of === 'types' ? 0 : integers.take(N);
      return {
        n,
        N,
        D,
        x,
        dx,
        offsets,
        indices,
        members: integers.take(members),
        items: of === 'types' ? types : indices,
        out: scratch.take(n * width),
        dout: training ? scratch.take(n * width) : 0,
      };
    },

    forward({ kernels }, { n, N, D, x, offsets, members, items, out }) {
      kernels.segment_sum(out, table, offsets, members, n * groups, dim, dim);
      kernels.rows_gather(x, out, items, N, width, D);
    },

    backward({ kernels, arena, gradients }, { n, N, D, dx, offsets, members, items, dout }) {
      arena.f32(dout, n * width).fill(0);
      kernels.rows_scatter_add(dout, dx, items, N, width, D);
      kernels.segment_scatter_add(gradients.at(table), dout, offsets, members, n * groups, dim);
    },
  };
}
