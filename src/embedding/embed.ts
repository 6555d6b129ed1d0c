import { availableParallelism } from 'node:os';
import { type BackendOptions, openBackend } from '../backend/backend.ts';
import { DivergedError, UserError } from '../errors.ts';
import { describeFile } from '../files/read.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { checkWritable } from '../files/write.ts';
import { writeVectors } from '../vectors/vectors.ts';
import type { EmbeddingNumbers } from './options.ts';
import { SHARDS } from './program.ts';
import { createSkipgram, type Skipgram, type SkipgramOptions } from './skipgram.ts';
import { readText, type Text, type TextSource } from './text.ts';

export interface EmbedOptions extends BackendOptions {
  readonly texts: readonly TextSource[];
  /** A file of vectors: word2vec's binary format if it ends in .bin, else its text format; gzip-ed with .gz. */
  readonly output: string;
  readonly numbers: EmbeddingNumbers;
  /** Default: true. */
  readonly lowercase?: boolean | undefined;
  /** Rarer words get no vector. Default: 5; for less than a million tokens 2. */
  readonly minCount?: number | undefined;
  /** Ends training after the round under way; the vectors so far are written. */
  readonly signal?: AbortSignal | undefined;
}

/** What `embed` tells of itself, in this order: read over and over, start, then progress and epoch over and over, end. */
export type EmbeddingEvent =
  | { readonly type: 'read'; readonly tokens: number }
  | {
      readonly type: 'start';
      readonly sentences: number;
      /** All that were read. */
      readonly tokens: number;
      readonly words: number;
      /** Share of the tokens that are in the vocabulary. */
      readonly covered: number;
      readonly parameters: number;
      readonly backend: string;
      readonly threads: number;
      readonly epochs: number;
    }
  | (Pass & {
      readonly type: 'progress';
      /** Share of this epoch that is done. */
      readonly done: number;
    })
  | (Pass & { readonly type: 'epoch'; readonly seconds: number })
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

interface Pass {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean of a context and its noise words, in nats, over a sample of this epoch; null where that had none. */
  readonly loss: number | null;
  /** Words of the vocabulary that were gone through, thinned out ones included. */
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** Time between two progress events, in milliseconds. */
const INTERVAL = 100;
/** Training computes without pause: this lets a signal or a spinner have its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Learns word vectors from raw text and writes them. The same texts, options and kernels give the same bytes, whatever
 * the number of threads.
 * @throws UserError for what is wrong with the texts or the output, when the tables do not fit, and when training diverges
 */
export async function* embed(options: EmbedOptions): AsyncGenerator<EmbeddingEvent> {
  const { texts, output, numbers, signal } = options;
  const began = performance.now();
  refuseSameFile(
    output,
    texts.map(({ source }) => (typeof source === 'string' ? source : undefined)),
  );
  checkWritable(output);

  const reading = readText(texts, {
    lowercase: options.lowercase ?? true,
    minCount: options.minCount,
  });
  let told = began;
  let step = await reading.next();
  for (; !step.done; step = await reading.next()) {
    if (performance.now() - told < INTERVAL) continue;
    told = performance.now();
    yield { type: 'read', tokens: step.value };
    await turn();
  }
  const text = step.value;

  // more threads than shards would only wait
  const threads = Math.min(options.threads ?? availableParallelism(), SHARDS);
  const backend = openBackend({ ...options, threads });
  try {
    const skipgram = create(backend, text, numbers);
    const { epochs } = numbers;
    const known = text.counts.reduce((sum, n) => sum + n, 0);
    yield {
      type: 'start',
      sentences: text.sentences,
      tokens: text.tokens,
      words: text.words.length,
      covered: known / text.tokens,
      parameters: skipgram.parameters,
      backend: backend.kind === 'native' ? `native ${backend.isa}` : 'wasm',
      threads: backend.pool.threads,
      epochs,
    };
    await turn();

    const size = text.ids.reduce((sum, { length }) => sum + length, 0);
    const start = performance.now();
    let passed = 0; // passes, with fraction
    const rateAt = (epoch: number) => (done: number) =>
      numbers.learningRate * (1 - (epoch + done / size) / epochs);
    const passOf = (epoch: number, loss: number | null): Pass => {
      const seconds = (performance.now() - start) / 1000;
      return {
        epoch: epoch + 1,
        epochs,
        loss,
        tokensPerSecond: Math.round((passed * known) / seconds),
        secondsLeft: (seconds / passed) * (epochs - passed),
      };
    };
    for (let epoch = 0; epoch < epochs && !signal?.aborted; epoch++) {
      const epochBegan = performance.now();
      let loss: number | null = null;
      for (const progress of skipgram.epoch(epoch, rateAt(epoch))) {
        if (progress.contexts > 0) loss = progress.loss / progress.contexts;
        if (loss !== null && !Number.isFinite(loss)) throw diverged(numbers);
        passed = epoch + progress.done / size;
        if (performance.now() - told < INTERVAL) continue;
        told = performance.now();
        yield { type: 'progress', done: progress.done / size, ...passOf(epoch, loss) };
        await turn();
        if (signal?.aborted) break;
      }
      if (signal?.aborted) break;
      passed = epoch + 1;
      yield {
        type: 'epoch',
        seconds: (performance.now() - epochBegan) / 1000,
        ...passOf(epoch, loss),
      };
      await turn();
    }
    const { tokensPerSecond } = passOf(0, null);

    const vectors = skipgram.vectors();
    if (!vectors.every(Number.isFinite)) throw diverged(numbers);
    const format = /\.bin(\.gz)?$/i.test(output) ? 'binary' : 'text';
    await writeVectors(output, text.words, vectors, numbers.dim, { format });
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
  new DivergedError(`embed: training diverged. Use a lower --learning-rate than ${learningRate}.`);

/** The arena is the only thing that may be too small: it tells by a RangeError, as a typed array does. */
function create(
  backend: ReturnType<typeof openBackend>,
  text: Text,
  options: SkipgramOptions,
): Skipgram {
  try {
    return createSkipgram(backend, text, options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const rows = text.words.length + (options.maxNgram > 0 ? options.buckets : 0);
    throw new UserError(
      `embed: ${text.words.length} words and ${rows} rows of ${options.dim} numbers do not fit: there are 4 GiB at most. Raise --min-count, or lower --buckets or --dim.`,
    );
  }
}
