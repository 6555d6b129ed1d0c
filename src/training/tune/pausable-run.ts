import type { Report } from '../../evaluation/report.ts';
import type { UncheckpointedEvent } from '../events.ts';
import type { TrainOptions } from '../options.ts';
import type { TrainingEnd } from '../sweep/events.ts';
import { trainOn } from '../train.ts';
import type { TrainingFiles } from '../training-files.ts';

/** A training run that waits after an epoch, in memory, until it is asked for more epochs. */
export interface PausableRun {
  /**
   * Trains up to an epoch, or to the end.
   * @param epochs the last epoch, from 1; Infinity for the end. Training may end earlier.
   */
  advance(epochs: number): AsyncGenerator<Exclude<UncheckpointedEvent, TrainingEnd>, void>;
  /** The dev score after an epoch that `advance` was asked for or that is a possible rung: smoothed, with penalties. */
  scoreAt(epoch: number): number;
  /** What is known so far. */
  readonly state: RunState;
  /** Ends the run and frees its memory. */
  stop(): Promise<void>;
}

export interface RunState {
  parameters: number;
  tokensPerSecond: number | null;
  /** Of the last epoch: a report for each tag column. */
  dev: readonly Report[];
  /** The dev score after each epoch. */
  readonly scores: number[];
  /** If training has ended. The model is then written. */
  end: TrainingEnd | undefined;
}

/**
 * Starts nothing yet: training begins with the first `advance`.
 * @param options.rungs other epochs to score with penalties
 */
export function createPausableRun(
  options: TrainOptions,
  { files, rungs }: { files: TrainingFiles; rungs: readonly number[] },
): PausableRun {
  let target = 0;
  const scoreWithPenalties = (epoch: number): boolean => epoch === target || rungs.includes(epoch);
  const events = trainOn({ ...options, scoreWithPenalties }, () => files);
  const withPenalties = new Map<number, number>();
  const state: RunState = {
    parameters: 0,
    tokensPerSecond: null,
    dev: [],
    scores: [],
    end: undefined,
  };
  return {
    state,
    async *advance(epochs) {
      target = epochs;
      while (!state.end && state.scores.length < target) {
        const { value: event, done } = await events.next();
        if (done) throw new Error('training ended without a result');
        if (event.type === 'end') {
          state.end = event;
          return;
        }
        if (event.type === 'start') state.parameters = event.parameters;
        if (event.type === 'epoch') {
          state.scores.push(event.score);
          state.tokensPerSecond = event.tokensPerSecond;
          state.dev = event.dev;
          withPenalties.set(event.epoch, event.scoreWithPenalties ?? event.score);
        }
        yield event;
      }
    },
    scoreAt(epoch) {
      const { scores } = state;
      const last = scores.slice(Math.max(0, epoch - SMOOTHED), epoch);
      const mean = last.reduce((sum, score) => sum + score, 0) / last.length;
      return mean + withPenalties.get(epoch)! - scores[epoch - 1]!;
    },
    async stop() {
      await events.return(undefined);
    },
  };
}

/** Number of epochs over which scores at a rung are averaged, because single scores are noisy. */
const SMOOTHED = 2;
