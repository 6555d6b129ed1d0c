import type { Arena, Space } from '../../backend/arena.ts';
import type { BackwardPass, InputBatch, InputLayer, InputShape, Pass } from './layer.ts';

// The input of the first hidden layer, x (N, D): the concatenated columns of all input layers.

/** The integers of all input layers. */
export interface PreparedInputs {
  /** The sizes of all layers, one layer after another. */
  readonly sizes: readonly number[];
  /** Writes the integers to the buffers that `layout` returns for these sizes. */
  write(memory: Pick<Arena, 'i32'>, buffers: readonly unknown[]): void;
}

export interface Input {
  /** D */
  readonly width: number;
  /** The position of each layer's columns in x. */
  readonly columns: readonly {
    readonly name: string;
    readonly from: number;
    readonly width: number;
  }[];
  /** Number of sizes of a batch, over all layers. */
  readonly sizeCount: number;
  prepare(batch: InputBatch): PreparedInputs;
  /** Buffers of each layer. */
  layout(
    space: Space,
    batch: Omit<InputShape, 'D'>,
    /** As in `PreparedInputs`. */
    sizes: ArrayLike<number>,
  ): readonly unknown[];
  forward(pass: Pick<Pass, 'kernels'>, buffers: readonly unknown[]): void;
  backward(
    pass: Pick<BackwardPass, 'kernels' | 'arena' | 'gradients'>,
    buffers: readonly unknown[],
  ): void;
}

export function joinInputs(layers: readonly InputLayer[]): Input {
  const D = layers.reduce((sum, { width }) => sum + width, 0);
  let end = 0;
  const columns = layers.map(({ name, width }) => {
    const from = end;
    end += width;
    return { name, from, width };
  });
  return {
    width: D,
    columns,
    sizeCount: layers.reduce((sum, { sizes }) => sum + sizes.length, 0),

    prepare(batch) {
      const prepared = layers.map((layer) => layer.prepare(batch));
      return {
        sizes: layers.flatMap(({ sizes }, i) => sizes.map((name) => prepared[i]!.sizes[name]!)),
        write(memory, buffers) {
          prepared.forEach(({ write }, i) => {
            write(memory, buffers[i]);
          });
        },
      };
    },

    layout(space, batch, sizes) {
      let next = 0;
      return layers.map((layer, i) => {
        const { N, Y, types, training } = batch;
        const offset = columns[i]!.from * 4;
        const [x, dx] = [batch.x + offset, batch.dx + offset];
        const layerSizes: Record<string, number> = {};
        for (const name of layer.sizes) layerSizes[name] = sizes[next++]!;
        return layer.layout(space, { N, Y, D, x, dx, types, training }, layerSizes);
      });
    },

    forward(pass, buffers) {
      for (let i = 0; i < layers.length; i++) layers[i]!.forward(pass, buffers[i]);
    },

    backward(pass, buffers) {
      for (let i = 0; i < layers.length; i++) layers[i]!.backward(pass, buffers[i]);
    },
  };
}
