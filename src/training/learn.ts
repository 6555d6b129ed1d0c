import { DivergedError } from '../errors.ts';
import type { EpochRecord, GradientProfile, TrainingRecord } from '../model/model.ts';
import type { Engine, PreparedBatch, StepResult, TrainingBatch } from '../network/engine.ts';
import { createRandom, type Random, type RandomState, seedState } from '../network/random.ts';
import { createPredictor } from '../tagging/predictor.ts';
import type { Checkpoints } from './checkpoint/checkpoints.ts';
import { createEvaluator, type Evaluator } from './evaluator.ts';
import type { RunPosition, StopReason, TrainingEvent } from './events.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { epochBatches } from './numbered-corpus.ts';
import type { TrainOptions } from './options.ts';
import {
  average,
  copyParameters,
  getParameters,
  type Parameters,
  roundEmbeddings,
  setParameters,
} from './parameters.ts';
import { meanScore, setPenalties } from './penalties.ts';
import type { Prepared } from './prepare.ts';
import { clipOf, learningRateAt } from './schedule.ts';
import { startEvent } from './start-event.ts';
import { type BatchMaker, createBatchMaker, PROBE_DISTANCE } from './training-batches.ts';
import { initialiseParameters, openTrainingEngine } from './training-engine.ts';
import {
  type EpochSums,
  noSums,
  restoreSnapshot,
  type Snapshot,
  type TrainingState,
} from './training-state.ts';

/** A trained network, at its best epoch. */
export interface TrainedNetwork
  extends Pick<TrainingRecord, 'seed' | 'bestEpoch' | 'epochs' | 'gradients'> {
  readonly parameters: Parameters;
  readonly stopped: StopReason;
  /** One line that describes the divergence, if the network diverged. */
  readonly divergence?: string | undefined;
  /** Number of training tokens, over all epochs. */
  readonly tokens: number;
  readonly trainingSeconds: number;
}

/** The constants of a training run. */
interface Run {
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

/** Lets signals and timers be handled, because training itself never waits. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const seconds = (since: number): number => (performance.now() - since) / 1000;

/**
 * Trains one network.
 * @param options.member its index in the ensemble
 * @param options.developmentRun for a refit, the run on only the training sentences: its scores are used, and its best
 * epoch is the refit's last
 * @param options.resume where an interrupted training goes on. Default: from the beginning
 * @returns undefined if the signal stopped it, and it can go on from a checkpoint
 * @throws DivergedError if the first epoch diverges, or any epoch of a refit; UserError if the network is too large
 */
export async function* learn(
  prepared: Prepared,
  options: {
    options: TrainOptions;
    member: number;
    developmentRun?: TrainedNetwork;
    resume?: Snapshot | undefined;
    /** Makes a network of the best epoch so far, without training. */
    finish?: boolean | undefined;
    checkpoints?: Checkpoints | undefined;
  },
): AsyncGenerator<TrainingEvent, TrainedNetwork | undefined> {
  const { member, developmentRun, resume, finish = false, checkpoints } = options;
  const { columns, tagColumns, vocabulary, partial, corpus } = prepared;
  const h = { ...prepared.hyperparameters, seed: prepared.hyperparameters.seed + member };
  const engine = openTrainingEngine(prepared, { options: options.options, seed: h.seed });
  try {
    const randomState = seedState(h.seed);
    const random = createRandom(randomState);
    const batchMaker = createBatchMaker(prepared, random);
    const probed = batchMaker.longest();
    const profile = (): GradientProfile =>
      engine.gradientNorms(probed, { distance: PROBE_DISTANCE });
    const begin = (): TrainingState => {
      initialiseParameters(engine, prepared, random);
      return firstState(randomState, profile());
    };
    const state = resume ? restoreSnapshot(engine, resume) : begin();
    const networksAfter = h.ensemble - 1 - member + (h.refit && !developmentRun ? h.ensemble : 0);
    const run: Run = {
      engine,
      batchMaker,
      random,
      randomState,
      h,
      lengths: corpus.sentences.map(({ words }) => words.length),
      batchSize:
        h.batchSize || Math.min(32, Math.max(4, Math.ceil(prepared.trainSentences.length / 100))),
      epochs: developmentRun?.bestEpoch ?? h.epochs,
      epochsAfter: networksAfter * h.epochs,
      position: positionOf(prepared, options),
      signal: options.options.signal,
      checkpoints,
    };
    if (resume || (member === 0 && !developmentRun))
      yield startEvent(prepared, engine, {
        epochs: run.epochs,
        resumed: checkpoints?.resumedAt(engine, state),
      });
    const devSet = createEvaluator(createPredictor(engine, vocabulary, tagColumns), columns, {
      role: 'dev',
      partial,
      vocabulary,
    });
    const tokensBefore = state.tokens;
    const began = performance.now();
    const names = engine.parameters.map(({ name }) => name);
    const learned = names.filter((name) => !(h.freeze && name === 'word.embedding'));
    let current: Parameters | undefined; // at the end of the epoch, before averaging
    /** Why training ends; undefined: it goes on. */
    const ended = (): StopReason | undefined => {
      if (finish) return 'signal';
      if (state.epoch >= run.epochs) return 'epochs';
      return state.best && state.epoch - state.best.epoch >= h.patience ? 'patience' : undefined;
    };
    let stopped = ended();
    let divergence: string | undefined;
    while (stopped === undefined) {
      const epoch = state.epoch + 1;
      const epochBegan = performance.now();
      const tokensOfEpoch = state.sums.tokens;
      const { diverged } = yield* trainEpoch(run, state);
      if (diverged) {
        const error = divergedError(diverged, { epoch, sums: state.sums, h });
        if (!state.best || developmentRun) throw error;
        divergence = error.message;
        stopped = 'diverged';
        break;
      }
      if (run.signal?.aborted && checkpoints) {
        checkpoints.save(engine, state);
        return undefined;
      }
      const tokensPerSecond = (state.sums.tokens - tokensOfEpoch) / seconds(epochBegan);
      current = getParameters(engine, learned, current);
      const fraction = Math.max(1 / epoch, 1 / h.averageEpochs);
      state.average = average(state.average, current, fraction);
      if (!developmentRun) setParameters(engine, state.average);
      const dev = developmentRun ? [] : devSet.reports();
      const score = developmentRun ? developmentRun.epochs[state.epoch]!.score : meanScore(dev);
      const withPenalties =
        !developmentRun && options.options.scoreWithPenalties?.(epoch)
          ? scoreWithPenalties(engine, prepared, devSet)
          : undefined;
      if (!developmentRun) setParameters(engine, current);
      const record = endEpoch(state, { h, score });
      Object.assign(state, { nextBatch: 0, sums: noSums(), epochRandom: [...state.random] });
      const took = seconds(epochBegan);
      yield {
        type: 'epoch',
        ...run.position,
        epoch,
        epochs: run.epochs,
        ...record,
        ...(withPenalties !== undefined && { scoreWithPenalties: withPenalties }),
        dev,
        best: state.best!.epoch === epoch,
        tokensPerSecond,
        seconds: took,
        secondsLeft: took * (run.epochs - epoch + run.epochsAfter),
      };
      await turn();
      const isAborted = run.signal?.aborted === true;
      if (isAborted || checkpoints?.isDue('epoch')) checkpoints?.save(engine, state);
      if (isAborted && checkpoints) return undefined;
      stopped = isAborted ? 'signal' : ended();
    }

    const trainingSeconds = seconds(began);
    const parameters: Parameters = new Map(
      names.map((name) => [name, state.bestParameters!.get(name) ?? engine.getParameter(name)]),
    );
    roundEmbeddings(engine.parameters, parameters);
    setParameters(engine, parameters);
    return {
      seed: h.seed,
      parameters,
      bestEpoch: state.best!.epoch,
      epochs: state.history,
      gradients: { initial: state.initialGradients, trained: profile() },
      stopped,
      divergence,
      tokens: state.tokens - tokensBefore,
      trainingSeconds,
    };
  } finally {
    await engine.close();
  }
}

/** The state before the first epoch. `random` has drawn the initial parameters. */
const firstState = (random: RandomState, initialGradients: GradientProfile): TrainingState => ({
  epoch: 0,
  updates: 0,
  tokens: 0,
  plateauFactor: 1,
  epochRandom: [...random],
  random: [...random],
  nextBatch: 0,
  sums: noSums(),
  history: [],
  initialGradients,
  best: undefined,
  average: undefined,
  bestParameters: undefined,
});

/**
 * Runs the steps of an epoch, from its next batch on, until one diverges or the signal stops training. Whenever a step is
 * complete, the state is one from which training can go on.
 */
async function* trainEpoch(
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
    if (!Number.isFinite(step.loss) || !Number.isFinite(step.gradientNorm))
      return { diverged: step };
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

/** Adds an epoch's record to the state, and its averaged parameters if they are the best so far. */
function endEpoch(
  state: TrainingState,
  { h, score }: { h: Hyperparameters; score: number },
): EpochRecord {
  const { sums } = state;
  const epoch = ++state.epoch;
  const record: EpochRecord = {
    loss: sums.loss / sums.tokens,
    score,
    norm: sums.gradientNorm / sums.steps,
    clipped: sums.clipped / sums.steps,
  };
  state.history.push(record);
  // while the score is 0 (no correct span yet), the latest epoch counts as the best
  if (!state.best || score > state.best.score || state.best.score === 0) {
    state.bestParameters = copyParameters(state.average!, state.bestParameters);
    state.best = { epoch, score };
  }
  const since = epoch - state.best.epoch;
  if (h.schedule === 'plateau' && since > 0 && since % h.plateauPatience === 0)
    state.plateauFactor *= h.plateauFactor;
  return record;
}

/** The dev score with the penalties that `assess` would choose. */
function scoreWithPenalties(engine: Engine, prepared: Prepared, devSet: Evaluator): number {
  setPenalties(engine, prepared, { devSet });
  return meanScore(devSet.reports());
}

function positionOf(
  { hyperparameters: { ensemble }, trainSentences, tokens }: Prepared,
  { member, developmentRun }: { member: number; developmentRun?: TrainedNetwork },
): RunPosition {
  return {
    ...(ensemble > 1 && { member: member + 1, members: ensemble }),
    ...(developmentRun && { refit: { sentences: trainSentences.length, tokens } }),
  };
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

const divergedError = (
  { loss, gradientNorm }: StepResult,
  { epoch, sums, h }: { epoch: number; sums: EpochSums; h: Hyperparameters },
): DivergedError =>
  new DivergedError(
    `epoch ${epoch}, update ${sums.steps + 1}: the loss is ${loss} and the gradient norm ${gradientNorm}: training diverged. Lower the learning rate (${h.learningRate}) or the clipping limit (${h.clip}).`,
    { option: 'learningRate' },
  );
