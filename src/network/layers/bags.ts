import type { Address } from '../../backend/kernels.ts';
import type { Bags } from '../engine.ts';
import type { InputBatch, InputLayer, InputShape, LayerContext } from './layer.ts';

// Features are bags of rows of one embedding table. Each item (word type or token) has one bag for each group of
// features. Its encoding is the concatenation of the sums of its bags.

interface BagBuffers {
  readonly batch: InputShape;
  readonly n: number; // items
  readonly offsets: Address; // (n groups + 1)
  readonly members: Address; // rows of the table
  readonly items: Address; // (N) the item of each token
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
    /** Whether the items are word types or tokens. */
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
          if (of === 'types') return;
          const items = memory.i32(b.items, b.n);
          for (let i = 0; i < b.n; i++) items[i] = i;
        },
      };
    },

    layout({ integers, scratch }, batch, { members }) {
      const { N, Y, types, training } = batch;
      const n = of === 'types' ? Y : N;
      return {
        batch,
        n,
        offsets: integers.take(n * groups + 1),
        members: integers.take(members),
        items: of === 'types' ? types : integers.take(N),
        out: scratch.take(n * width),
        dout: training ? scratch.take(n * width) : 0,
      };
    },

    forward({ kernels }, { batch: { N, D, x }, n, offsets, members, items, out }) {
      kernels.segment_sum(out, table, offsets, members, n * groups, dim, dim);
      kernels.rows_gather(x, out, items, N, width, D);
    },

    backward(
      { kernels, arena, gradients },
      { batch: { N, D, dx }, n, offsets, members, items, dout },
    ) {
      arena.f32(dout, n * width).fill(0);
      kernels.rows_scatter_add(dout, dx, items, N, width, D);
      kernels.segment_scatter_add(gradients.at(table), dout, offsets, members, n * groups, dim);
    },
  };
}
