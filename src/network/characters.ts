import type { Arena, Space } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import { lstm as cell } from './cells/lstm.ts';
import { charSize, type NetworkConfig } from './config.ts';
import {
  layoutScratch,
  layoutTape,
  type RecurrenceScratch,
  recurrenceBackward,
  recurrenceForward,
  recurrentWeights,
  type Tape,
} from './recurrence.ts';
import { type Gradients, type Matrix, project, projectBack, type Weights } from './weights.ts';

// A word's characters are encoded once for each type of a batch. Only the characters that the batch uses enter: their
// embeddings (Q, E) times the kernel (E, W) make a small table (Q, W), one row for each character, from which the
// convolution adds rows and the LSTM takes its input projections. This is exact, and no character is multiplied twice.

/** Sizes of the types of a batch, sorted by falling number of characters. */
export interface TypeSizes {
  /** Types. */
  readonly Y: number;
  /** Characters of all of them. */
  readonly L: number;
  /** Different characters. */
  readonly Q: number;
  /** Characters of the longest. */
  readonly longest: number;
  /** Members of all bags of features. */
  readonly M: number;
}

export interface CharLayout {
  // Integers, written by whoever makes the batch.
  readonly charset: Address; // (Q) rows of char.embedding
  readonly offsets: Address; // (Y + 1)
  readonly chars: Address; // (L) places in the charset; word after word (cnn), packed over time (lstm)
  readonly rows: Address; // (longest) lstm: words with a character t
  readonly first: Address; // (Y) lstm: packed row of each word's first character
  readonly last: Address; // (Y) lstm: and of its last
  // Floats.
  readonly embedded: Address; // (Q, E)
  readonly out: Address; // (Y, charSize)
  readonly dout: Address;
  readonly dembedded: Address; // (Q, E)
  readonly tables: readonly CharTable[];
  readonly argmax: Address; // (Y, F) cnn
}

interface CharTable {
  readonly name: string;
  readonly table: Address; // (Q, W)
  readonly dtable: Address;
  readonly packed: Address;
  readonly lstm?: { tape: Tape; scratch: RecurrenceScratch; h: Address; dh: Address };
}

export function layoutChars(
  space: Space,
  config: NetworkConfig,
  { Y, L, Q, longest }: TypeSizes,
  { panelWidth, training }: { panelWidth: number; training: boolean },
): CharLayout {
  const { charEncoder, charDim: E, charWidth, charFilters, charHidden: H } = config;
  const size = charSize(config);
  const { integers: given, kept, scratch } = space;
  const table = (name: string, width: number): CharTable => ({
    name,
    table: scratch.take(Q * width),
    dtable: training ? scratch.take(Q * width) : 0,
    packed: training ? kept.take(packedSize(panelWidth, Q, width)) : 0,
  });
  const integers = {
    charset: given.take(Q),
    offsets: given.take(Y + 1),
    chars: given.take(L),
    rows: given.take(longest),
    first: given.take(Y),
    last: given.take(Y),
  };
  const floats = {
    embedded: kept.take(Q * E),
    out: scratch.take(Y * size),
    dout: training ? scratch.take(Y * size) : 0,
    dembedded: training ? scratch.take(Q * E) : 0,
    argmax: charEncoder === 'cnn' ? scratch.take(Y * charFilters) : 0,
  };
  if (charEncoder === 'cnn')
    return { ...integers, ...floats, tables: [table('char.conv.kernel', charWidth * charFilters)] };
  const tables =
    charEncoder === 'none'
      ? []
      : ['forward', 'backward'].map((direction) => ({
          ...table(`char.lstm.${direction}`, 4 * H),
          lstm: {
            tape: layoutTape(space, cell, { N: L, B: Y, H }),
            scratch: layoutScratch(space, cell, { N: training ? L : 0, B: Y, H, panelWidth }),
            h: scratch.take(L * H),
            dh: training ? scratch.take(L * H) : 0,
          },
        }));
  return { ...integers, ...floats, tables };
}

/** out (Y, charSize): the encoding of every type. */
export function charForward(
  kernels: Kernels,
  config: NetworkConfig,
  weights: Weights,
  c: CharLayout,
  { Y, L, Q, longest }: TypeSizes,
): void {
  const { charEncoder, charDim: E, charFilters: F, charWidth, charHidden: H } = config;
  if (charEncoder === 'none') return;
  kernels.rows_gather(c.embedded, weights.at['char.embedding']!, c.charset, Q, E, E);
  for (const [direction, { name, table, lstm }] of c.tables.entries()) {
    if (!lstm) {
      project(kernels, table, c.embedded, weights.matrices[name]!, { n: Q });
      kernels.char_conv_forward(
        c.out,
        c.argmax,
        table,
        weights.at['char.conv.bias']!,
        c.chars,
        c.offsets,
        Y,
        F,
        charWidth,
        F,
      );
      continue;
    }
    const w = recurrentWeights(weights, name, cell);
    project(kernels, table, c.embedded, w.input, { n: Q, bias: w.bias });
    kernels.rows_gather(lstm.tape.pre, table, c.chars, L, 4 * H, 4 * H);
    recurrenceForward(kernels, lstm.h, lstm.tape, w, {
      rows: c.rows,
      N: L,
      T: longest,
      B: Y,
      ldh: H,
      reverse: direction === 1,
    });
    kernels.rows_gather(
      c.out + direction * H * 4,
      lstm.h,
      direction === 1 ? c.first : c.last,
      Y,
      H,
      2 * H,
    );
  }
}

/** The gradients of the character parameters go to `gradients`, from c.dout (Y, charSize). */
export function charBackward(
  kernels: Kernels,
  arena: Arena,
  config: NetworkConfig,
  weights: Weights,
  gradients: Gradients,
  c: CharLayout,
  { Y, L, Q, longest }: TypeSizes,
): void {
  const { charEncoder, charDim: E, charFilters: F, charWidth, charHidden: H } = config;
  if (charEncoder === 'none') return;
  for (const [direction, { name, dtable, packed, lstm }] of c.tables.entries()) {
    const w: Matrix = weights.matrices[lstm ? `${name}.input` : name]!;
    arena.f32(dtable, Q * w.N).fill(0);
    if (!lstm) {
      const dbias = gradients.at(weights.at['char.conv.bias']!);
      kernels.char_conv_backward(
        dtable,
        dbias,
        c.dout,
        c.argmax,
        c.chars,
        c.offsets,
        Y,
        F,
        charWidth,
        F,
      );
    } else {
      arena.f32(lstm.dh, L * H).fill(0);
      kernels.rows_scatter_add(
        lstm.dh,
        c.dout + direction * H * 4,
        direction === 1 ? c.first : c.last,
        Y,
        H,
        2 * H,
      );
      recurrenceBackward(
        kernels,
        gradients,
        lstm.dh,
        lstm.tape,
        recurrentWeights(weights, name, cell),
        {
          rows: c.rows,
          N: L,
          T: longest,
          B: Y,
          ldd: H,
          reverse: direction === 1,
          scratch: lstm.scratch,
        },
      );
      kernels.rows_scatter_add(dtable, lstm.tape.pre, c.chars, L, 4 * H, 4 * H);
    }
    kernels.gemm_pack(packed, dtable, Q, w.N, w.N, 1);
    gradients.product(w, c.embedded, packed, Q);
    projectBack(kernels, c.dembedded, dtable, w, { n: Q, accumulate: direction === 1 });
  }
  kernels.rows_scatter_add(
    gradients.at(weights.at['char.embedding']!),
    c.dembedded,
    c.charset,
    Q,
    E,
    E,
  );
}
