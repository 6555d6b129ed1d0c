import type { Engine, PreparedBatch, StepResult, TrainingBatch } from '../network/engine.ts';
import type { Random, RandomState } from '../network/random.ts';
import type { Checkpoints } from './checkpoint/checkpoints.ts';
import type { RunPosition, TrainingEvent } from './events.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { epochBatches } from './numbered-corpus.ts';
import { clipOf, learningRateAt } from './schedule.ts';
import { seconds } from './seconds.ts';
import type { BatchMaker } from './training-batches.ts';
import type { TrainingState } from './training-state.ts';

/** The constants of a training run. */
export interface Run {
  readonly engine: Engine;
  readonly batchMaker: BatchMaker;
  readonly random: Random;
  /** The state of `random`, which it changes in place. */
  readonly randomState: RandomState;
  readonly h: Hyperparameters;
  /** Number of tokens of each sentence of the corpus. Tokens in several windows count several times. */
  readonly lengths: readonly number[];
  readonly batchSize: number;
  readonly epochs: number;
  /** Number of epochs of the networks that are trained after this one. */
  readonly epochsAfter: number;
  readonly position: RunPosition;
  readonly signal: AbortSignal | undefined;
  readonly checkpoints: Checkpoints | undefined;
}

/** Time between two progress events, in milliseconds. */
const PROGRESS_INTERVAL = 100;

/**
 * The loss, in nats per token, above which training counts as diverged. A network that guesses among 22,000 tags has 10.
 */
const EXPLODED = 1e4;

/** Lets signals and timers be handled, because training itself never waits. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs the steps of an epoch, from its next batch on, until one diverges or the signal stops training. Whenever a step is
 * complete, the state is one from which training can go on.
 */
export async function* trainEpoch(
  run: Run,
  state: TrainingState,
): AsyncGenerator<TrainingEvent, { diverged?: StepResult }> {
  const { engine, batchMaker, random, randomState, h, lengths, signal, checkpoints } = run;
  const { sums } = state;
  const clip = clipOf(h);
  const began = performance.now();
  const tokensBefore = sums.tokens;
  let reported = began;
  setRandom(randomState, state.epochRandom);
  const batches = epochBatches(lengths, run.batchSize, random);
  if (state.nextBatch > 0) setRandom(randomState, state.random);
  /** The state of the generator before `next` was made. */
  let before: RandomState = [...randomState];
  const prepareFrom = (first: number): (TrainingBatch | PreparedBatch)[] => {
    before = [...randomState];
    return batches
      .slice(first, first + h.accumulate)
      .map(batchMaker.noisy)
      .map((batch) => engine.prepare?.(batch) ?? batch);
  };
  let next = prepareFrom(state.nextBatch);
  while (state.nextBatch < batches.length) {
    const learningRate = learningRateAt(h, state);
    state.updates++;
    const step = engine.trainStep(next, {
      learningRate,
      ...clip,
      meanwhile: () => {
        next = prepareFrom(state.nextBatch + h.accumulate);
      },
    });
    if (!(step.loss < EXPLODED) || !Number.isFinite(step.gradientNorm)) return { diverged: step };
    state.nextBatch += h.accumulate;
    state.random = before;
    state.tokens += step.tokens;
    sums.loss += step.loss * step.tokens;
    sums.tokens += step.tokens;
    sums.gradientNorm += step.gradientNorm;
    sums.clipped += step.clipped ? 1 : 0;
    sums.steps++;
    if (signal?.aborted) break;
    if (performance.now() - reported < PROGRESS_INTERVAL) continue;
    reported = performance.now();
    if (checkpoints?.isDue('step')) checkpoints.save(engine, state);
    yield progressEvent(run, state, (sums.tokens - tokensBefore) / seconds(began));
    await turn();
  }
  return {};
}

function setRandom(state: RandomState, to: RandomState): void {
  to.forEach((word, i) => {
    state[i] = word;
  });
}

function progressEvent(
  run: Run,
  { epoch, sums }: TrainingState,
  tokensPerSecond: number,
): TrainingEvent {
  const epochTokens = run.lengths.reduce((sum, n) => sum + n, 0);
  const tokensLeft = (run.epochs - epoch + run.epochsAfter) * epochTokens - sums.tokens;
  return {
    type: 'progress',
    ...run.position,
    epoch: epoch + 1,
    epochs: run.epochs,
    tokens: sums.tokens,
    of: epochTokens,
    loss: sums.loss / sums.tokens,
    tokensPerSecond,
    secondsLeft: tokensLeft / tokensPerSecond,
  };
}
