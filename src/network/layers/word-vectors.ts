import type { Address } from '../../backend/kernels.ts';
import type { InputLayer, InputShape, LayerContext } from './layer.ts';

interface VectorBuffers {
  readonly batch: InputShape;
  readonly values: Address; // (Y, width)
}

/** Pretrained word vectors: fixed inputs of each word type, without parameters. */
export function wordVectors({
  config: { vectorDim: width },
}: LayerContext): InputLayer<never, VectorBuffers> | undefined {
  if (width === undefined) return undefined;
  return {
    name: 'word.vectors',
    width,
    sizes: [],
    prepare({ ids, types: { vectors } }) {
      // floats are copied as bits
      const bits = new Int32Array(vectors!.buffer, vectors!.byteOffset, vectors!.length);
      return {
        sizes: {},
        write(memory, { values }) {
          const to = memory.i32(values, ids.length * width);
          ids.forEach((id, y) => {
            to.set(bits.subarray(id * width, (id + 1) * width), y * width);
          });
        },
      };
    },
    layout: ({ integers }, batch) => ({ batch, values: integers.take(batch.Y * width) }),
    forward({ kernels }, { batch: { N, D, x, types }, values }) {
      kernels.rows_gather(x, values, types, N, width, D);
    },
    backward: () => undefined,
  };
}
