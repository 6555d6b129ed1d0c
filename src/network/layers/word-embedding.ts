import type { Address } from '../../backend/kernels.ts';
import type { InputLayer, InputShape, LayerContext } from './layer.ts';

interface WordBuffers {
  readonly batch: InputShape;
  readonly rows: Address; // (N) rows of the table
}

/**
 * A vector for each word. The table is the first parameter of a network. Its gradient touches only the rows that a batch
 * uses, so `backward` does nothing: the task `reduce` sums dx over the tokens of each word.
 */
export function wordEmbedding({
  config,
  parameters,
}: LayerContext): InputLayer<never, WordBuffers> {
  const { words, wordDim: width } = config;
  const table = parameters.array({
    name: 'word.embedding',
    shape: [words, width],
    init: 'embedding',
  });
  return {
    name: 'word.embedding',
    width,
    sizes: [],
    prepare: ({ words }) => ({
      sizes: {},
      write(memory, { rows }) {
        memory.i32(rows, words.length).set(words);
      },
    }),
    layout: ({ integers }, batch) => ({ batch, rows: integers.take(batch.N) }),
    forward({ kernels }, { batch: { N, D, x }, rows }) {
      kernels.rows_gather(x, table, rows, N, width, D);
    },
    backward: () => undefined,
  };
}
