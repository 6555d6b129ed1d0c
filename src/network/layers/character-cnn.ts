import { packedSize } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { project, projectBack } from '../weights.ts';
import { type CharacterBuffers, characterEmbedding } from './characters.ts';
import type { InputLayer, InputShape, LayerContext } from './layer.ts';

interface CnnBuffers {
  readonly batch: InputShape;
  readonly characters: CharacterBuffers;
  readonly offsets: Address; // (Y + 1)
  readonly chars: Address; // (L) indices into the charset, word after word
  readonly table: Address; // (Q, W F) what each character adds to each filter at each offset
  readonly dtable: Address;
  readonly packed: Address; // dtable, packed
  readonly argmax: Address; // (Y, F)
  readonly out: Address; // (Y, F)
  readonly dout: Address;
}

/** Convolution over a word's characters, then the maximum over its positions (Ma & Hovy 2016, section 2.1). */
export function characterCnn(context: LayerContext): InputLayer<'L' | 'Q', CnnBuffers> | undefined {
  const { config, parameters, panelWidth } = context;
  const { charEncoder, charDim: E, charWidth: W, charFilters: F } = config;
  if (charEncoder !== 'cnn') return undefined;
  const embedding = characterEmbedding(context);
  const kernel = parameters.matrix({
    name: 'char.conv.kernel',
    shape: [E, W, F],
    init: 'glorot',
  });
  const bias = parameters.array({ name: 'char.conv.bias', shape: [F], init: 'constant' });
  return {
    name: 'characters',
    width: F,
    sizes: ['L', 'Q'],

    prepare(batch) {
      const { charset, chars, offsets } = embedding.collect(batch);
      return {
        sizes: { L: chars.length, Q: charset.length },
        write(memory, b) {
          memory.i32(b.characters.charset, charset.length).set(charset);
          memory.i32(b.chars, chars.length).set(chars);
          memory.i32(b.offsets, offsets.length).set(offsets);
        },
      };
    },

    layout(space, batch, { L, Q }) {
      const { integers, kept, scratch } = space;
      const { Y, training } = batch;
      return {
        batch,
        characters: embedding.layout(space, { Q, training }),
        offsets: integers.take(Y + 1),
        chars: integers.take(L),
        table: scratch.take(Q * W * F),
        dtable: training ? scratch.take(Q * W * F) : 0,
        packed: training ? kept.take(packedSize(panelWidth, Q, W * F)) : 0,
        argmax: scratch.take(Y * F),
        out: scratch.take(Y * F),
        dout: training ? scratch.take(Y * F) : 0,
      };
    },

    forward(pass, b) {
      const { kernels } = pass;
      const { characters, table, chars, offsets, argmax, out } = b;
      const { N, Y, D, x, types } = b.batch;
      embedding.forward(pass, characters);
      project(kernels, table, characters.embedded, kernel, { n: characters.Q });
      kernels.char_conv_forward(out, argmax, table, bias, chars, offsets, Y, F, W, F);
      kernels.rows_gather(x, out, types, N, F, D);
    },

    backward(pass, b) {
      const { kernels, arena, gradients } = pass;
      const { characters, dtable, packed, chars, offsets, argmax, dout } = b;
      const { N, Y, D, dx, types } = b.batch;
      const { Q, embedded, dembedded } = characters;
      const dbias = gradients.at(bias);
      arena.f32(dout, Y * F).fill(0);
      kernels.rows_scatter_add(dout, dx, types, N, F, D);
      arena.f32(dtable, Q * W * F).fill(0);
      kernels.char_conv_backward(dtable, dbias, dout, argmax, chars, offsets, Y, F, W, F);
      kernels.gemm_pack(packed, dtable, Q, W * F, W * F, 1);
      gradients.product(kernel, embedded, packed, Q);
      projectBack(kernels, dembedded, dtable, kernel, { n: Q });
      embedding.backward(pass, characters);
    },
  };
}
