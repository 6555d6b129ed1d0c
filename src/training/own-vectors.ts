import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { openBackend } from '../backend/backend.ts';
import { checkEmbedding } from '../embedding/options.ts';
import { createSkipgram, startOf } from '../embedding/skipgram.ts';
import { SHARDS } from '../embedding/skipgram-program.ts';
import { numberText } from '../embedding/text.ts';
import type { VectorTable } from '../vectors/read.ts';
import { createSelection } from '../vectors/selection.ts';
import {
  countsOf,
  PROGRESS_INTERVAL,
  type Pretrained,
  pack,
  type Sentences,
} from './embeddings.ts';
import type { TrainingEvent } from './events.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import type { TrainOptions } from './options.ts';

/** Words that occur once get no vector, as words that the corpus does not have. */
const MIN_COUNT = 2;

/**
 * Learns vectors of the words that occur at least twice in sentences (skip-gram, as `embed`), in `ownVectors` epochs. The
 * result depends neither on the number of threads nor on the seed. Stops early at the signal.
 * @returns undefined if fewer than two words occur twice
 * @throws UserError if there is too little memory
 */
export async function* learnVectors(
  sentences: Sentences,
  { ownVectors: epochs, lowercase, vectorBits }: Hyperparameters,
  options: Pick<TrainOptions, 'backend' | 'threads' | 'products' | 'signal'>,
): AsyncGenerator<TrainingEvent, Pretrained | undefined> {
  const counts = countsOf(sentences);
  const numbering = numberText([sentences], { lowercase, minCount: MIN_COUNT });
  let step = await numbering.next();
  while (!step.done) step = await numbering.next();
  const { words, ids } = step.value;
  if (words.length < 2) return undefined;
  const numbers = checkEmbedding({ epochs });
  const size = ids.reduce((sum, { length }) => sum + length, 0);

  const threads = Math.min(options.threads ?? availableParallelism(), SHARDS);
  const backend = openBackend({ ...options, threads });
  try {
    const skipgram = createSkipgram(backend, step.value, numbers);
    let last = performance.now();
    for (let epoch = 0; epoch < epochs; epoch++) {
      const rateAt = (done: number) => numbers.learningRate * (1 - (epoch + done / size) / epochs);
      for (const { done } of skipgram.epoch(startOf(epoch), rateAt)) {
        if (performance.now() - last < PROGRESS_INTERVAL) continue;
        last = performance.now();
        yield { type: 'vectors', done: (epoch + done / size) / epochs };
        await setImmediate(); // handles signals
        if (options.signal?.aborted) break;
      }
      if (options.signal?.aborted) break;
    }
    return pack(
      tableOf({ words, values: skipgram.vectors(), dim: numbers.dim }, counts),
      vectorBits,
    );
  } finally {
    await backend.pool.close();
  }
}

/** All vectors that a model can hold, and how much of the corpus they cover. */
function tableOf(
  { words, values, dim }: Omit<VectorTable, 'coverage'>,
  counts: ReadonlyMap<string, number>,
): VectorTable {
  const { row, choose, store, table } = createSelection(
    { counts, keep: words.length },
    { dim, rowsInFile: words.length },
  );
  words.forEach((word, i) => {
    const index = choose(word);
    if (index < 0) return;
    row.set(values.subarray(i * dim, (i + 1) * dim));
    store(index);
  });
  return table();
}
