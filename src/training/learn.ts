import { DivergedError } from '../errors.ts';
import type { EpochRecord, GradientProfile, TrainingRecord } from '../model/model.ts';
import type { Engine, StepResult } from '../network/engine.ts';
import { createRandom, type RandomState, seedState } from '../network/random.ts';
import { createPredictor } from '../tagging/predictor.ts';
import type { Checkpoints } from './checkpoint/checkpoints.ts';
import { type Run, trainEpoch, turn } from './epoch.ts';
import { createEvaluator, type Evaluator } from './evaluator.ts';
import type { RunPosition, StopReason, TrainingEvent } from './events.ts';
import type { Hyperparameters } from './hyperparameters.ts';
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
import { setbackFactor } from './schedule.ts';
import { seconds } from './seconds.ts';
import { startEvent } from './start-event.ts';
import { createBatchMaker, PROBE_DISTANCE } from './training-batches.ts';
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
    const initialise = (): void => {
      initialiseParameters(engine, prepared, { random, member });
    };
    const begin = (): TrainingState => {
      initialise();
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
        if (state.setbacks < MOST_SETBACKS) {
          goBack(run, state, initialise);
          const learningRate = h.learningRate * setbackFactor(state);
          yield { type: 'setback', ...run.position, epoch, message: error.message, learningRate };
          await turn();
          continue;
        }
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

/** How often training goes back after it diverged. */
const MOST_SETBACKS = 3;

/**
 * Goes back to the parameters at the end of the last epoch, averaged as they are scored, or to the beginning, with new
 * moments of the optimizer. The learning rate is then half as high.
 */
function goBack({ engine, randomState }: Run, state: TrainingState, initialise: () => void): void {
  if (state.average) setParameters(engine, state.average);
  else initialise();
  const { batches, moments } = engine.getOptimizerState();
  for (const arrays of Object.values(moments)) for (const array of arrays) array.fill(0);
  engine.setOptimizerState({ updates: 0, batches, moments });
  Object.assign(state, {
    ...{ setbacks: state.setbacks + 1, updates: 0, nextBatch: 0, sums: noSums() },
    ...{ epochRandom: [...randomState], random: [...randomState] },
  });
}

/** The state before the first epoch. `random` has drawn the initial parameters. */
const firstState = (random: RandomState, initialGradients: GradientProfile): TrainingState => ({
  epoch: 0,
  updates: 0,
  tokens: 0,
  plateauFactor: 1,
  setbacks: 0,
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

const divergedError = (
  { loss, gradientNorm }: StepResult,
  { epoch, sums, h }: { epoch: number; sums: EpochSums; h: Hyperparameters },
): DivergedError =>
  new DivergedError(
    `epoch ${epoch}, update ${sums.steps + 1}: the loss is ${loss} and the gradient norm ${gradientNorm}: training diverged. Lower the learning rate (${h.learningRate}) or the clipping limit (${h.clip}).`,
    { option: 'learningRate' },
  );
