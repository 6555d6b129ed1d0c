import type { EpochRecord, GradientProfile } from '../model/model.ts';
import type { Engine, OptimizerState } from '../network/engine.ts';
import type { RandomState } from '../network/random.ts';
import { copyParameters, getParameters, type Parameters, setParameters } from './parameters.ts';

/** Sums over the steps of an epoch. */
export interface EpochSums {
  /** Loss times tokens. */
  loss: number;
  gradientNorm: number;
  clipped: number;
  steps: number;
  tokens: number;
}

export const noSums = (): EpochSums => ({
  loss: 0,
  gradientNorm: 0,
  clipped: 0,
  steps: 0,
  tokens: 0,
});

/** The numbers that the training of a network has reached. Plain data, which JSON can hold. */
export interface TrainingCounters {
  /** Number of complete epochs. */
  epoch: number;
  /** Number of updates so far, over all epochs. */
  updates: number;
  /** Number of training tokens so far, over all epochs. */
  tokens: number;
  /** The factor of the schedule `plateau` on the learning rate. */
  plateauFactor: number;
  /** How often training diverged and went back. Each time the learning rate was halved. */
  setbacks: number;
  /** The generator's state when the current epoch began. It decides the order of the epoch's batches. */
  epochRandom: RandomState;
  /** The generator's state before the next batch is made. */
  random: RandomState;
  /** Index of the next batch of the current epoch. */
  nextBatch: number;
  sums: EpochSums;
  history: EpochRecord[];
  /** Gradients before training. */
  initialGradients: GradientProfile;
  best: { epoch: number; score: number } | undefined;
}

/** The state of training, in addition to the engine's parameters and optimizer state. */
export interface TrainingState extends TrainingCounters {
  /** Running average of the learned parameters at the ends of epochs. The average is scored and saved. */
  average: Parameters | undefined;
  /** The averaged parameters of the best epoch. */
  bestParameters: Parameters | undefined;
}

/** A copy of everything that the training of a network needs to go on. */
export interface Snapshot {
  readonly counters: TrainingCounters;
  readonly parameters: Parameters;
  readonly average: Parameters | undefined;
  readonly best: Parameters | undefined;
  readonly optimizer: OptimizerState;
}

/**
 * Copies the state of training.
 * @param into an earlier snapshot, whose arrays are overwritten
 */
export function takeSnapshot(engine: Engine, state: TrainingState, into?: Snapshot): Snapshot {
  const { average, bestParameters, ...counters } = state;
  const names = engine.parameters.map(({ name }) => name);
  return {
    counters: structuredClone(counters),
    parameters: getParameters(engine, names, into?.parameters),
    average: average && copyParameters(average, into?.average),
    best: bestParameters && copyParameters(bestParameters, into?.best),
    optimizer: engine.getOptimizerState(),
  };
}

/** Sets an engine to a snapshot, and returns the state of training that belongs to it. */
export function restoreSnapshot(engine: Engine, snapshot: Snapshot): TrainingState {
  const { counters, parameters, average, best, optimizer } = snapshot;
  setParameters(engine, parameters);
  engine.setOptimizerState(optimizer);
  return {
    ...structuredClone(counters),
    average: average && copyParameters(average),
    bestParameters: best && copyParameters(best),
  };
}
