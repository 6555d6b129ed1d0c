import type { Space } from '../../backend/arena.ts';
import type { Address } from '../../backend/kernels.ts';
import { Numbering } from '../batch.ts';
import type { BackwardPass, InputBatch, LayerContext, Pass } from './layer.ts';

// Common parts of both character encoders. Each word type of a batch is encoded once. The embeddings (Q, E) of the Q
// distinct characters of the batch are multiplied by a matrix (E, W). The result is a table (Q, W) with one row for
// each character: the convolution adds up its rows, and the LSTM reads its projected input from it. This is exact, and
// no character is multiplied twice.

/** The characters of a batch's word types. */
export interface CharacterBatch {
  /** (Q) The distinct characters, in the order of first occurrence. */
  readonly charset: readonly number[];
  /** (L) Indices into the charset, word after word. */
  readonly chars: Int32Array;
  /** (Y + 1) Where each word begins in `chars`. */
  readonly offsets: Int32Array;
}

export interface CharacterBuffers {
  readonly Q: number;
  readonly charset: Address; // (Q) rows of the embedding
  readonly embedded: Address; // (Q, E)
  readonly dembedded: Address; // (Q, E)
}

export interface CharacterEmbedding {
  collect(batch: InputBatch): CharacterBatch;
  layout(space: Space, sizes: { Q: number; training: boolean }): CharacterBuffers;
  forward(pass: Pick<Pass, 'kernels'>, b: CharacterBuffers): void;
  backward(pass: Pick<BackwardPass, 'kernels' | 'gradients'>, b: CharacterBuffers): void;
}

/** Numbers the characters of a batch's word types. */
export function collectCharacters(
  { types, ids, replaceChar }: Pick<InputBatch, 'types' | 'ids' | 'replaceChar'>,
  numbering: Numbering,
): CharacterBatch {
  const offsets = new Int32Array(ids.length + 1);
  ids.forEach((id, y) => {
    offsets[y + 1] = offsets[y]! + types.offsets[id + 1]! - types.offsets[id]!;
  });
  const found = new Int32Array(offsets[ids.length]!);
  numbering.reset();
  let to = 0;
  for (const id of ids)
    for (let from = types.offsets[id]!; from < types.offsets[id + 1]!; from++) {
      const char = types.chars[from]!;
      found[to++] = numbering.number(replaceChar ? replaceChar(char) : char);
    }
  return { charset: numbering.items, chars: found, offsets };
}

/** The embedding of the characters that a batch uses. */
export function characterEmbedding({ config, parameters }: LayerContext): CharacterEmbedding {
  const { chars, charDim: E } = config;
  const table = parameters.array({ name: 'char.embedding', shape: [chars, E], init: 'embedding' });
  const numbering = new Numbering(chars);
  return {
    collect: (batch) => collectCharacters(batch, numbering),
    layout: ({ integers, kept, scratch }, { Q, training }) => ({
      Q,
      charset: integers.take(Q),
      embedded: kept.take(Q * E),
      dembedded: training ? scratch.take(Q * E) : 0,
    }),
    forward({ kernels }, { Q, charset, embedded }) {
      kernels.rows_gather(embedded, table, charset, Q, E, E);
    },
    backward({ kernels, gradients }, { Q, charset, dembedded }) {
      kernels.rows_scatter_add(gradients.at(table), dembedded, charset, Q, E, E);
    },
  };
}
