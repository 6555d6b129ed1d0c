import { availableParallelism } from 'node:os';
import { type BackendOptions, openBackend } from '../backend/backend.ts';
import { DivergedError, UserError } from '../errors.ts';
import { describeFile } from '../files/read.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { checkWritable } from '../files/write.ts';
import { writeVectors } from '../vectors/write.ts';
import type { EmbeddingNumbers } from './options.ts';
import { createSkipgram, type Skipgram, type SkipgramOptions } from './skipgram.ts';
import { SHARDS } from './skipgram-program.ts';
import { type NumberedText, readNumberedText, type TextSource } from './text.ts';

export interface EmbedOptions extends BackendOptions {
  readonly texts: readonly TextSource[];
  /** The file of vectors: word2vec's binary format for `.bin`, else its text format; `.gz` after it compresses. */
  readonly output: string;
  readonly numbers: EmbeddingNumbers;
  /** Whether to fold the case of words. Default: true. */
  readonly lowercase?: boolean | undefined;
  /** Minimum word count; rarer words have no vector. Default: 5, or 2 for less than a million tokens. */
  readonly minCount?: number | undefined;
  /** Stops training after the current round. The vectors so far are written. */
  readonly signal?: AbortSignal | undefined;
}

/** The events of `embed`: `read` repeatedly, `start`, `progress` and `epoch` repeatedly, `end`. */
export type EmbeddingEvent =
  | { readonly type: 'read'; readonly tokens: number }
  | {
      readonly type: 'start';
      readonly sentences: number;
      /** Number of tokens, including those of rare words. */
      readonly tokens: number;
      readonly words: number;
      /** Fraction of the tokens that have a vector. */
      readonly covered: number;
      readonly parameters: number;
      readonly backend: string;
      readonly threads: number;
      readonly epochs: number;
    }
  | (EmbeddingProgress & {
      readonly type: 'progress';
      /** Completed fraction of this epoch. */
      readonly done: number;
    })
  | (EmbeddingProgress & { readonly type: 'epoch'; readonly seconds: number })
  | {
      readonly type: 'end';
      readonly vectors: string;
      readonly bytes: number;
      readonly words: number;
      readonly dim: number;
      readonly stopped: 'epochs' | 'signal';
      readonly tokensPerSecond: number;
      readonly seconds: number;
    };

interface EmbeddingProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean loss per context with its noise words, in nats, over a sample of this epoch; null without a sample. */
  readonly loss: number | null;
  /** Tokens of words that have a vector, including those that subsampling drops. */
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** Time between two progress events, in milliseconds. */
const INTERVAL = 100;
/** Lets signals and timers be handled, because training itself never waits. */
const eventLoopTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Learns word vectors from raw text and writes them. The same texts, options and kernels give the same bytes, whatever
 * the number of threads.
 * @throws UserError for wrong texts or output, and if the model does not fit into memory; DivergedError
 */
export async function* embed(options: EmbedOptions): AsyncGenerator<EmbeddingEvent> {
  const { texts, output, numbers, signal } = options;
  const began = performance.now();
  refuseSameFile(
    output,
    texts.map(({ source }) => (typeof source === 'string' ? source : undefined)),
  );
  checkWritable(output);

  const reading = readNumberedText(texts, {
    lowercase: options.lowercase ?? true,
    minCount: options.minCount,
  });
  let lastEvent = began;
  let step = await reading.next();
  for (; !step.done; step = await reading.next()) {
    if (performance.now() - lastEvent < INTERVAL) continue;
    lastEvent = performance.now();
    yield { type: 'read', tokens: step.value };
    await eventLoopTurn();
  }
  const text = step.value;

  // there is no work for more threads than shards
  const threads = Math.min(options.threads ?? availableParallelism(), SHARDS);
  const backend = openBackend({ ...options, threads });
  try {
    const skipgram = createModel(backend, text, numbers);
    const { epochs } = numbers;
    const tokensWithVector = text.counts.reduce((sum, n) => sum + n, 0);
    yield {
      type: 'start',
      sentences: text.sentences,
      tokens: text.tokens,
      words: text.words.length,
      covered: tokensWithVector / text.tokens,
      parameters: skipgram.parameters,
      backend: backend.kind === 'native' ? `native ${backend.isa}` : 'wasm',
      threads: backend.pool.threads,
      epochs,
    };
    await eventLoopTurn();

    const size = text.ids.reduce((sum, { length }) => sum + length, 0);
    const start = performance.now();
    let epochsDone = 0; // includes the fraction of the current epoch
    const learningRateAt = (epoch: number) => (done: number) =>
      numbers.learningRate * (1 - (epoch + done / size) / epochs);
    const progressOf = (epoch: number, loss: number | null): EmbeddingProgress => {
      const seconds = (performance.now() - start) / 1000;
      return {
        epoch: epoch + 1,
        epochs,
        loss,
        tokensPerSecond: Math.round((epochsDone * tokensWithVector) / seconds),
        secondsLeft: (seconds / epochsDone) * (epochs - epochsDone),
      };
    };
    for (let epoch = 0; epoch < epochs && !signal?.aborted; epoch++) {
      const epochBegan = performance.now();
      let loss: number | null = null;
      for (const progress of skipgram.epoch(epoch, learningRateAt(epoch))) {
        if (progress.contexts > 0) loss = progress.loss / progress.contexts;
        if (loss !== null && !Number.isFinite(loss)) throw diverged(numbers);
        epochsDone = epoch + progress.done / size;
        if (performance.now() - lastEvent < INTERVAL) continue;
        lastEvent = performance.now();
        yield { type: 'progress', done: progress.done / size, ...progressOf(epoch, loss) };
        await eventLoopTurn();
        if (signal?.aborted) break;
      }
      if (signal?.aborted) break;
      epochsDone = epoch + 1;
      yield {
        type: 'epoch',
        seconds: (performance.now() - epochBegan) / 1000,
        ...progressOf(epoch, loss),
      };
      await eventLoopTurn();
    }
    const { tokensPerSecond } = progressOf(0, null);

    const vectors = skipgram.vectors();
    if (!vectors.every(Number.isFinite)) throw diverged(numbers);
    const format = /\.bin(\.gz)?$/i.test(output) ? 'binary' : 'text';
    await writeVectors(
      output,
      { words: text.words, values: vectors, dim: numbers.dim },
      { format },
    );
    yield {
      type: 'end',
      vectors: output,
      bytes: describeFile(output)!.bytes,
      words: text.words.length,
      dim: numbers.dim,
      stopped: signal?.aborted ? 'signal' : 'epochs',
      tokensPerSecond: Number.isFinite(tokensPerSecond) ? tokensPerSecond : 0,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await backend.pool.close();
  }
}

const diverged = ({ learningRate }: EmbeddingNumbers): DivergedError =>
  new DivergedError(
    `embed: training diverged at a learning rate of ${learningRate}. Use a lower one.`,
    { option: 'learningRate' },
  );

/** @throws UserError (SEQTAG_MEMORY) if the model does not fit into the arena */
function createModel(
  backend: ReturnType<typeof openBackend>,
  text: NumberedText,
  options: SkipgramOptions,
): Skipgram {
  try {
    return createSkipgram(backend, text, options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the arena and typed arrays throw a RangeError
    const rows = text.words.length + (options.maxNgram > 0 ? options.buckets : 0);
    throw new UserError(
      `embed: ${text.words.length} words and ${rows} rows of ${options.dim} numbers do not fit into 4 GiB. Raise the minimum word count, or lower the number of buckets or the dimension.`,
      { code: 'SEQTAG_MEMORY', option: 'minCount' },
    );
  }
}
