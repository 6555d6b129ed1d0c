import { packedSize } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { lstm } from '../cells/lstm.ts';
import type { Packing } from '../packing.ts';
import { project, projectBack } from '../weights.ts';
import { type CharacterBatch, type CharacterBuffers, characterEmbedding } from './characters.ts';
import type { InputLayer, InputShape, LayerContext } from './layer.ts';
import {
  layoutRecurrence,
  type RecurrenceBuffers,
  recurrenceBackward,
  recurrenceForward,
  recurrentWeights,
} from './recurrence.ts';

interface LstmBuffers {
  readonly batch: InputShape;
  readonly characters: CharacterBuffers;
  /** The words as packed sequences of characters. */
  readonly packing: Packing;
  readonly chars: Address; // (L) indices into the charset, packed over time
  readonly first: Address; // (Y) packed row of each word's first character
  readonly last: Address; // (Y) packed row of each word's last character
  readonly out: Address; // (Y, 2 H)
  readonly dout: Address;
  readonly directions: readonly DirectionBuffers[];
}

interface DirectionBuffers {
  readonly table: Address; // (Q, 4 H) the projected input of each character
  readonly dtable: Address;
  readonly packed: Address; // dtable, packed
  readonly recurrence: RecurrenceBuffers;
  readonly h: Address; // (L, H)
  readonly dh: Address;
}

/** The last states of a forward and a backward LSTM over a word's characters (Lample et al. 2016, section 4.1). */
export function characterLstm(
  context: LayerContext,
): InputLayer<'L' | 'Q' | 'longest', LstmBuffers> | undefined {
  const { config, parameters, panelWidth } = context;
  const { charEncoder, charDim: E, charHidden: H } = config;
  if (charEncoder !== 'lstm') return undefined;
  const embedding = characterEmbedding(context);
  const directions = (['forward', 'backward'] as const).map((direction) => ({
    ...recurrentWeights(parameters, `char.lstm.${direction}`, { cell: lstm, inputs: E, units: H }),
    reverse: direction === 'backward',
  }));
  return {
    name: 'characters',
    width: 2 * H,
    sizes: ['L', 'Q', 'longest'],

    prepare(batch) {
      const collected = embedding.collect(batch);
      const { charset, chars, offsets } = collected;
      return {
        sizes: { L: chars.length, Q: charset.length, longest: offsets[1] ?? 0 },
        write(memory, b) {
          memory.i32(b.characters.charset, charset.length).set(charset);
          packCharacters(collected, {
            chars: memory.i32(b.chars, b.packing.N),
            rows: memory.i32(b.packing.rows, b.packing.T),
            first: memory.i32(b.first, b.packing.B),
            last: memory.i32(b.last, b.packing.B),
          });
        },
      };
    },

    layout(space, batch, { L, Q, longest }) {
      const { integers, kept, scratch } = space;
      const { Y, training } = batch;
      return {
        batch,
        characters: embedding.layout(space, { Q, training }),
        packing: { rows: integers.take(longest), N: L, T: longest, B: Y },
        chars: integers.take(L),
        first: integers.take(Y),
        last: integers.take(Y),
        out: scratch.take(Y * 2 * H),
        dout: training ? scratch.take(Y * 2 * H) : 0,
        directions: directions.map(() => ({
          table: scratch.take(Q * 4 * H),
          dtable: training ? scratch.take(Q * 4 * H) : 0,
          packed: training ? kept.take(packedSize(panelWidth, Q, 4 * H)) : 0,
          recurrence: layoutRecurrence(space, lstm, { N: L, B: Y, H, panelWidth, training }),
          h: scratch.take(L * H),
          dh: training ? scratch.take(L * H) : 0,
        })),
      };
    },

    forward(pass, b) {
      const { kernels } = pass;
      const { characters, packing, chars, out } = b;
      const { N: L, B: Y, rows, T } = packing;
      const { Q, embedded } = characters;
      embedding.forward(pass, characters);
      directions.forEach((w, d) => {
        const { table, recurrence, h } = b.directions[d]!;
        const { reverse } = w;
        project(kernels, table, embedded, w.input, { n: Q, bias: w.bias });
        kernels.rows_gather(recurrence.pre, table, chars, L, 4 * H, 4 * H);
        recurrenceForward(kernels, h, recurrence, w, { rows, N: L, T, B: Y, ldh: H, reverse });
        kernels.rows_gather(out + d * H * 4, h, reverse ? b.first : b.last, Y, H, 2 * H);
      });
      kernels.rows_gather(b.batch.x, out, b.batch.types, b.batch.N, 2 * H, b.batch.D);
    },

    backward(pass, b) {
      const { kernels, arena, gradients } = pass;
      const { characters, packing, chars, dout } = b;
      const { N: L, B: Y, rows, T } = packing;
      const { Q, embedded, dembedded } = characters;
      arena.f32(dout, Y * 2 * H).fill(0);
      kernels.rows_scatter_add(dout, b.batch.dx, b.batch.types, b.batch.N, 2 * H, b.batch.D);
      directions.forEach((w, d) => {
        const { dtable, packed, recurrence, dh } = b.directions[d]!;
        const { reverse } = w;
        arena.f32(dtable, Q * 4 * H).fill(0);
        arena.f32(dh, L * H).fill(0);
        kernels.rows_scatter_add(dh, dout + d * H * 4, reverse ? b.first : b.last, Y, H, 2 * H);
        recurrenceBackward(kernels, gradients, dh, recurrence, w, {
          rows,
          N: L,
          T,
          B: Y,
          ldd: H,
          reverse,
        });
        kernels.rows_scatter_add(dtable, recurrence.pre, chars, L, 4 * H, 4 * H);
        kernels.gemm_pack(packed, dtable, Q, 4 * H, 4 * H, 1);
        gradients.product(w.input, embedded, packed, Q);
        projectBack(kernels, dembedded, dtable, w.input, { n: Q, accumulate: d > 0 });
      });
      embedding.backward(pass, characters);
    },
  };
}

/**
 * Packs words time-major, by descending length: the first characters of all words, then all second characters, and so
 * on.
 */
function packCharacters(
  { chars, offsets }: CharacterBatch,
  to: Readonly<Record<'chars' | 'rows' | 'first' | 'last', Int32Array>>,
): void {
  const Y = offsets.length - 1;
  let row = 0;
  for (let t = 0; t < to.rows.length; t++) {
    let y = 0;
    for (; y < Y && offsets[y + 1]! - offsets[y]! > t; y++, row++) {
      to.chars[row] = chars[offsets[y]! + t]!;
      if (t === 0) to.first[y] = row;
      to.last[y] = row;
    }
    to.rows[t] = y;
  }
}
