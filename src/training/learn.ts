import { DivergedError } from '../errors.ts';
import type { EpochRecord, GradientProfile, TrainingRecord } from '../model/model.ts';
import type { Engine, PreparedBatch, StepResult, TrainingBatch } from '../network/engine.ts';
import { createRandom, type Random, type RandomState, seedState } from '../network/random.ts';
import { createPredictor } from '../tagging/predictor.ts';
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

/** The state of training, in addition to the engine's parameters and optimizer state. */
interface TrainingState {
  /** Number of complete epochs. */
  epoch: number;
  /** Number of updates so far, over all epochs. */
  updates: number;
  /** The factor of the schedule `plateau` on the learning rate. */
  plateauFactor: number;
  random: RandomState;
  history: EpochRecord[];
  /** Running average of the learned parameters at the ends of epochs. The average is scored and saved. */
  average: Parameters | undefined;
  best: { epoch: number; score: number; parameters: Parameters } | undefined;
}

/** The constants of a training run. */
interface Run {
  readonly engine: Engine;
  readonly batchMaker: BatchMaker;
  readonly random: Random;
  readonly h: Hyperparameters;
  /** Number of tokens of each sentence of the corpus. Tokens in several windows count several times. */
  readonly lengths: readonly number[];
  readonly batchSize: number;
  readonly epochs: number;
  /** Number of epochs of the networks that are trained after this one. */
  readonly epochsAfter: number;
  readonly position: RunPosition;
  readonly signal: AbortSignal | undefined;
}

/** Sums over the steps of an epoch. */
interface EpochSums {
  /** Loss times tokens. */
  loss: number;
  gradientNorm: number;
  clipped: number;
  steps: number;
  tokens: number;
  readonly began: number;
}

/** Time between two progress events, in milliseconds. */
const PROGRESS_INTERVAL = 100;

/** Lets signals and timers be handled, because training itself never waits. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const seconds = (since: number): number => (performance.now() - since) / 1000;

/**
 * Trains one network from the beginning.
 * @param options.member its index in the ensemble
 * @param options.developmentRun for a refit, the run on only the training sentences: its scores are used, and its best
 * epoch is the refit's last
 * @throws DivergedError if the first epoch diverges, or any epoch of a refit; UserError if the network is too large
 */
export async function* learn(
  prepared: Prepared,
  options: { options: TrainOptions; member: number; developmentRun?: TrainedNetwork },
): AsyncGenerator<TrainingEvent, TrainedNetwork> {
  const { member, developmentRun } = options;
  const { columns, tagColumns, vocabulary, partial, corpus } = prepared;
  const h = { ...prepared.hyperparameters, seed: prepared.hyperparameters.seed + member };
  const state: TrainingState = {
    epoch: 0,
    updates: 0,
    plateauFactor: 1,
    random: seedState(h.seed),
    history: [],
    average: undefined,
    best: undefined,
  };
  const random = createRandom(state.random);
  const engine = openTrainingEngine(prepared, { options: options.options, seed: h.seed });
  try {
    initialiseParameters(engine, prepared, random);
    const networksAfter = h.ensemble - 1 - member + (h.refit && !developmentRun ? h.ensemble : 0);
    const run: Run = {
      engine,
      batchMaker: createBatchMaker(prepared, random),
      random,
      h,
      lengths: corpus.sentences.map(({ words }) => words.length),
      batchSize:
        h.batchSize || Math.min(32, Math.max(4, Math.ceil(prepared.trainSentences.length / 100))),
      epochs: developmentRun?.bestEpoch ?? h.epochs,
      epochsAfter: networksAfter * h.epochs,
      position: positionOf(prepared, options),
      signal: options.options.signal,
    };
    if (member === 0 && !developmentRun) yield startEvent(prepared, engine, run.epochs);
    const devSet = createEvaluator(createPredictor(engine, vocabulary, tagColumns), columns, {
      role: 'dev',
      partial,
      vocabulary,
    });
    const probed = run.batchMaker.longest();
    const profile = (): GradientProfile =>
      engine.gradientNorms(probed, { distance: PROBE_DISTANCE });
    const initial = profile();
    const began = performance.now();
    const names = engine.parameters.map(({ name }) => name);
    const learned = names.filter((name) => !(h.freeze && name === 'word.embedding'));
    let current: Parameters | undefined; // at the end of the epoch, before averaging
    let stopped: StopReason = 'epochs';
    let divergence: string | undefined;
    let tokens = 0;
    while (state.epoch < run.epochs) {
      const epoch = state.epoch + 1;
      const { sums, diverged } = yield* trainEpoch(run, state);
      tokens += sums.tokens;
      if (diverged) {
        const error = divergedError(diverged, { epoch, sums, h });
        if (!state.best || developmentRun) throw error;
        divergence = error.message;
        stopped = 'diverged';
        break;
      }
      const tokensPerSecond = sums.tokens / seconds(sums.began);
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
      const record = endEpoch(state, { h, sums, score });
      const took = seconds(sums.began);
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
      if (run.signal?.aborted) stopped = 'signal';
      else if (epoch - state.best!.epoch >= h.patience) stopped = 'patience';
      if (stopped !== 'epochs') break;
    }

    const trainingSeconds = seconds(began);
    const best = state.best!;
    const parameters: Parameters = new Map(
      names.map((name) => [name, best.parameters.get(name) ?? engine.getParameter(name)]),
    );
    roundEmbeddings(engine.parameters, parameters);
    setParameters(engine, parameters);
    return {
      seed: h.seed,
      parameters,
      bestEpoch: best.epoch,
      epochs: state.history,
      gradients: { initial, trained: profile() },
      stopped,
      divergence,
      tokens,
      trainingSeconds,
    };
  } finally {
    await engine.close();
  }
}

/** Runs the steps of an epoch until one diverges or the signal stops training. */
async function* trainEpoch(
  run: Run,
  state: TrainingState,
): AsyncGenerator<TrainingEvent, { sums: EpochSums; diverged?: StepResult }> {
  const { engine, batchMaker, random, h, lengths, signal } = run;
  const sums = {
    loss: 0,
    gradientNorm: 0,
    clipped: 0,
    steps: 0,
    tokens: 0,
    began: performance.now(),
  };
  let reported = sums.began;
  const batches = epochBatches(lengths, run.batchSize, random);
  const prepareFrom = (first: number): (TrainingBatch | PreparedBatch)[] =>
    batches
      .slice(first, first + h.accumulate)
      .map(batchMaker.noisy)
      .map((batch) => engine.prepare?.(batch) ?? batch);
  const clip = clipOf(h);
  let next = prepareFrom(0);
  for (let first = 0; first < batches.length; first += h.accumulate) {
    const learningRate = learningRateAt(h, state);
    state.updates++;
    const step = engine.trainStep(next, {
      learningRate,
      ...clip,
      meanwhile: () => {
        next = prepareFrom(first + h.accumulate);
      },
    });
    if (!Number.isFinite(step.loss) || !Number.isFinite(step.gradientNorm))
      return { sums, diverged: step };
    sums.loss += step.loss * step.tokens;
    sums.tokens += step.tokens;
    sums.gradientNorm += step.gradientNorm;
    sums.clipped += step.clipped ? 1 : 0;
    sums.steps++;
    if (signal?.aborted) break;
    if (performance.now() - reported < PROGRESS_INTERVAL) continue;
    reported = performance.now();
    yield progressEvent(run, state, sums);
    await turn();
  }
  return { sums };
}

/** Adds an epoch's record to the state, and its averaged parameters if they are the best so far. */
function endEpoch(
  state: TrainingState,
  { h, sums, score }: { h: Hyperparameters; sums: EpochSums; score: number },
): EpochRecord {
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
    const parameters = copyParameters(state.average!, state.best?.parameters);
    state.best = { epoch, score, parameters };
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

function progressEvent(run: Run, { epoch }: TrainingState, sums: EpochSums): TrainingEvent {
  const tokensPerSecond = sums.tokens / seconds(sums.began);
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
