import type { UncheckpointedEvent } from '../events.ts';
import type { Combination } from './plan.ts';
import type { CombinationRow } from './ranking.ts';
import type { RunRecord } from './records.ts';

/** Additional fields of a run's training events. */
export interface RunProgress {
  /** Index of the run in the plan, from 1. */
  readonly run: number;
  /** Estimate for the whole sweep; null while there is none. */
  readonly sweepSecondsLeft: number | null;
}

export type TrainingEnd = Extract<UncheckpointedEvent, { type: 'end' }>;

/**
 * The events of a sweep: `plan`; for each run that is not yet recorded `run`, the events of its training, and `end` or
 * `diverged`; finally `sweep`.
 */
export type SweepEvent =
  | {
      readonly type: 'plan';
      readonly combinations: readonly Combination[];
      readonly seeds: number;
      readonly runs: number;
      /** Number of runs that earlier calls recorded. */
      readonly done: number;
      /** The record file. */
      readonly record: string;
    }
  | {
      readonly type: 'run';
      readonly run: number;
      readonly runs: number;
      readonly combination: Combination;
      readonly seed: number;
    }
  | (Exclude<UncheckpointedEvent, TrainingEnd | { type: 'vectors' }> & RunProgress)
  | (Omit<TrainingEnd, 'model'> &
      RunProgress & {
        /** The output if this run is the best so far, else null. */
        readonly model: string | null;
      })
  | (RunProgress & { readonly type: 'diverged'; readonly message: string })
  | {
      readonly type: 'sweep';
      /** False if the sweep was interrupted. */
      readonly complete: boolean;
      readonly seeds: number;
      readonly runs: number;
      readonly done: number;
      /** The score that rows are sorted by; `mean`: of F1 or accuracy over several tag columns. */
      readonly score: 'f1' | 'accuracy' | 'mean';
      /** The best first. */
      readonly rows: readonly CombinationRow[];
      /** The run with the best model, which is the output; null if there is none. */
      readonly best: RunRecord | null;
      readonly model: string;
      readonly record: string;
    };
