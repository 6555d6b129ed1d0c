import { availableParallelism } from 'node:os';
import { type BackendOptions, openBackend } from '../backend/backend.ts';
import { DivergedError, UserError } from '../errors.ts';
import { lockOutput } from '../files/lock.ts';
import { describeFile } from '../files/read.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { checkWritable } from '../files/write.ts';
import { writeVectors } from '../vectors/write.ts';
import {
  checkSameTraining,
  createEmbeddingCheckpoints,
  type EmbeddingCheckpoint,
  type EmbeddingCheckpoints,
} from './checkpoint.ts';
import type { EmbeddingNumbers } from './options.ts';
import {
  createSkipgram,
  type Position,
  SEGMENT,
  type Skipgram,
  type SkipgramOptions,
  startOf,
} from './skipgram.ts';
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
  /**
   * Stops training after the current round. With checkpoints, the training can go on later, and no vectors are written.
   * Otherwise the vectors so far are written.
   */
  readonly signal?: AbortSignal | undefined;
  /** Checkpoints, from which an interrupted training can go on: their file, and the minutes between them. Default: none. */
  readonly checkpoints?: { readonly file: string; readonly minutes: number } | undefined;
  /** A checkpoint of the same training, which goes on from there. */
  readonly resume?: EmbeddingCheckpoint | undefined;
  /** With `resume`: writes the vectors so far instead of training further. */
  readonly finish?: boolean | undefined;
}

/** The events of `embed`: `read` repeatedly, `start`, `progress` and `epoch` repeatedly, `end` or `interrupted`. */
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
      /** The epoch in which an interrupted training goes on, from 1. */
      readonly resumed?: number;
    }
  | (EmbeddingProgress & {
      readonly type: 'progress';
      /** Completed fraction of this epoch. */
      readonly done: number;
    })
  | (EmbeddingProgress & { readonly type: 'epoch'; readonly seconds: number })
  | {
      /** The signal stopped training. The checkpoint has everything that it needs to go on. */
      readonly type: 'interrupted';
      readonly checkpoint: string;
    }
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
 * the number of threads, and however often the training was interrupted.
 * @throws UserError for wrong texts or output, if another run is writing the output, and if the model does not fit into
 * memory; DivergedError
 */
export async function* embed(options: EmbedOptions): AsyncGenerator<EmbeddingEvent> {
  const { texts, output } = options;
  refuseSameFile(
    output,
    texts.map(({ source }) => (typeof source === 'string' ? source : undefined)),
  );
  checkWritable(output);
  const unlock = lockOutput(output);
  try {
    yield* readAndTrain(options);
  } finally {
    unlock();
  }
}

async function* readAndTrain(options: EmbedOptions): AsyncGenerator<EmbeddingEvent> {
  const { output, numbers, resume } = options;
  const began = performance.now();
  const text = yield* readText(options);
  if (resume) checkSameTraining(resume, { numbers, text });
  // there is no work for more threads than shards
  const threads = Math.min(options.threads ?? availableParallelism(), SHARDS);
  const backend = openBackend({ ...options, threads });
  const kernels = backend.kind === 'native' ? `native ${backend.isa}` : 'wasm';
  try {
    const skipgram = createModel(backend, text, numbers);
    if (resume) restore(skipgram, resume, { kernels, options });
    const tokensWithVector = text.counts.reduce((sum, n) => sum + n, 0);
    yield {
      type: 'start',
      sentences: text.sentences,
      tokens: text.tokens,
      words: text.words.length,
      covered: tokensWithVector / text.tokens,
      parameters: skipgram.parameters,
      backend: kernels,
      threads: backend.pool.threads,
      epochs: numbers.epochs,
      ...(resume && { resumed: Math.min(resume.position.epoch + 1, numbers.epochs) }),
    };
    await eventLoopTurn();
    const checkpoints = checkpointsOf(skipgram, text, { kernels, options });
    const { isStopped, tokensPerSecond } = yield* trainAll(skipgram, {
      ...{ options, text, tokensWithVector, checkpoints },
    });
    if (isStopped && checkpoints && !options.finish) {
      yield { type: 'interrupted', checkpoint: checkpoints.file };
      return;
    }
    const vectors = skipgram.vectors();
    if (!vectors.every(Number.isFinite)) throw diverged(numbers);
    await save(output, { words: text.words, values: vectors, dim: numbers.dim }, checkpoints);
    yield {
      type: 'end',
      vectors: output,
      bytes: describeFile(output)!.bytes,
      words: text.words.length,
      dim: numbers.dim,
      stopped: isStopped ? 'signal' : 'epochs',
      tokensPerSecond,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await backend.pool.close();
  }
}

async function* readText({
  texts,
  lowercase = true,
  minCount,
}: EmbedOptions): AsyncGenerator<EmbeddingEvent, NumberedText> {
  const reading = readNumberedText(texts, { lowercase, minCount });
  let reported = performance.now();
  let step = await reading.next();
  for (; !step.done; step = await reading.next()) {
    if (performance.now() - reported < INTERVAL) continue;
    reported = performance.now();
    yield { type: 'read', tokens: step.value };
    await eventLoopTurn();
  }
  return step.value;
}

/** Trains until the last epoch is complete or the signal stops it. Then the checkpoint is on the disk. */
async function* trainAll(
  skipgram: Skipgram,
  {
    options: { numbers, signal, resume, finish = false },
    text,
    tokensWithVector,
    checkpoints,
  }: {
    options: EmbedOptions;
    text: NumberedText;
    tokensWithVector: number;
    checkpoints: EmbeddingCheckpoints | undefined;
  },
): AsyncGenerator<EmbeddingEvent, { isStopped: boolean; tokensPerSecond: number }> {
  const { epochs } = numbers;
  const size = text.ids.reduce((sum, { length }) => sum + length, 0);
  const start = performance.now();
  let position = resume?.position ?? startOf(0);
  let lastEvent = start;
  const epochsBefore = position.epoch + Math.min(1, (position.segment * SEGMENT) / size);
  let epochsDone = epochsBefore; // includes the fraction of the current epoch
  const secondsSince = (time: number): number => (performance.now() - time) / 1000;
  const tokensPerSecond = (): number =>
    Math.round(((epochsDone - epochsBefore) * tokensWithVector) / secondsSince(start));
  const progressOf = ({ epoch, loss, contexts }: Position): EmbeddingProgress => ({
    epoch: epoch + 1,
    epochs,
    loss: contexts > 0 ? loss / contexts : null,
    tokensPerSecond: tokensPerSecond(),
    secondsLeft: (secondsSince(start) / (epochsDone - epochsBefore)) * (epochs - epochsDone),
  });
  const ended = (): { isStopped: boolean; tokensPerSecond: number } => {
    if (!finish && (signal?.aborted || checkpoints?.isDue('epoch'))) checkpoints?.save(position);
    return { isStopped: position.epoch < epochs, tokensPerSecond: tokensPerSecond() };
  };
  while (position.epoch < epochs && !finish) {
    const { epoch } = position;
    const epochBegan = performance.now();
    const rateAt = (done: number): number =>
      numbers.learningRate * (1 - (epoch + done / size) / epochs);
    for (const { done, next } of skipgram.epoch(position, rateAt)) {
      position = next;
      epochsDone = epoch + done / size;
      if (next.contexts > 0 && !Number.isFinite(next.loss)) throw diverged(numbers);
      if (performance.now() - lastEvent < INTERVAL) continue;
      lastEvent = performance.now();
      if (checkpoints?.isDue('round')) checkpoints.save(position);
      yield { type: 'progress', done: done / size, ...progressOf(position) };
      await eventLoopTurn();
      if (signal?.aborted) return ended();
    }
    epochsDone = epoch + 1;
    yield { type: 'epoch', seconds: secondsSince(epochBegan), ...progressOf(position) };
    position = startOf(epoch + 1);
    await eventLoopTurn();
    if (signal?.aborted) break;
    if (position.epoch < epochs && checkpoints?.isDue('epoch')) checkpoints.save(position);
  }
  return ended();
}

/** Sets a model to the state of a checkpoint, and warns if other kernels computed it. */
function restore(
  skipgram: Skipgram,
  { file, kernels: before, table }: EmbeddingCheckpoint,
  { kernels, options }: { kernels: string; options: EmbedOptions },
): void {
  skipgram.table().set(table);
  if (kernels !== before)
    warningOf(options)(
      `${file}: the training began with ${before} kernels and goes on with ${kernels}. The vectors may differ a little from those of a training without a break.`,
    );
}

const warningOf = ({
  onWarning = (warning) => process.emitWarning(warning, 'SeqtagWarning'),
}: EmbedOptions): ((warning: string) => void) => onWarning;

function checkpointsOf(
  skipgram: Skipgram,
  text: NumberedText,
  { kernels, options }: { kernels: string; options: EmbedOptions },
): EmbeddingCheckpoints | undefined {
  const { checkpoints, texts, numbers, lowercase = true, minCount } = options;
  return (
    checkpoints &&
    createEmbeddingCheckpoints(skipgram, {
      ...{ ...checkpoints, kernels, text, numbers, lowercase, minCount },
      isResumed: options.resume !== undefined,
      texts: texts.map(({ source, read }) => ({
        source: typeof source === 'string' ? source : '-',
        read,
      })),
      onWarning: warningOf(options),
    })
  );
}

/**
 * Writes the vectors and removes the checkpoint.
 * @throws UserError if they cannot be written. The checkpoint then has the training.
 */
async function save(
  output: string,
  vectors: { words: readonly string[]; values: Float32Array; dim: number },
  checkpoints: EmbeddingCheckpoints | undefined,
): Promise<void> {
  const format = /\.bin(\.gz)?$/i.test(output) ? 'binary' : 'text';
  try {
    await writeVectors(output, vectors, { format });
  } catch (error) {
    const kept = checkpoints?.kept() ?? 'none';
    if (kept === 'none' || !(error instanceof UserError)) throw error;
    const upTo = kept === 'earlier' ? ' up to an earlier moment' : '';
    throw new UserError(`${error.message} The training is kept${upTo} in ${checkpoints!.file}.`, {
      code: error.code,
      cause: error,
    });
  }
  checkpoints?.remove();
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
