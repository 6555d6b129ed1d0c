import type { Scores } from '../../model/model.ts';
import type { UncheckpointedEvent } from '../events.ts';
import type { TrainingEnd } from '../sweep/events.ts';
import type { Combination } from '../sweep/plan.ts';
import type { MeanAndDeviation, scoreName } from '../sweep/ranking.ts';
import type { Finals } from './plan.ts';
import type { StepRecord } from './records.ts';

/** A step: a run of a recipe up to an epoch, or to its end. */
export interface Step {
  /** `default`: the default recipe in full; `bracket`: a recipe up to a rung; `final`: a recipe in full; `write`: the best once more. */
  readonly stage: 'default' | 'bracket' | 'final' | 'write';
  /** The index of the bracket, from 1; 0 outside of brackets. */
  readonly bracket: number;
  /** The index of the step in its bracket, rung or finals, from 1, and their number. */
  readonly index: number;
  readonly count: number;
  /** What differs from the default recipe. */
  readonly combination: Combination;
  readonly seed: number;
  /** The epoch after which the run is paused; null for a run in full. */
  readonly rung: number | null;
}

/** A recipe and its steps. */
export interface RecipeRow {
  /** What differs from the default recipe; empty for the default recipe. */
  readonly combination: Combination;
  /** The runs in full, one for each seed. */
  readonly runs: number;
  /** The last epoch after which the recipe was compared; null if it was trained in full. */
  readonly rung: number | null;
  /** The dev score: of runs in full, or of the only run at its rung. Null if the recipe failed. */
  readonly dev: MeanAndDeviation;
  /** `dev` less that of the default recipe with the same seeds, or after the same epoch. */
  readonly difference: number | null;
  readonly parameters: number;
  readonly tokensPerSecond: number | null;
  readonly epochs: number;
}

/**
 * The events of tuning: `tune`; then for each step that is not yet recorded `step`, the events of its training, and
 * `result`; `schedule` after the default recipe; finally `tuned`.
 */
export type TuneEvent =
  | {
      readonly type: 'tune';
      /** The time budget in seconds, and what earlier calls used of it. */
      readonly budget: number;
      readonly used: number;
      /** Number of steps that earlier calls recorded. */
      readonly done: number;
      /** The record file. */
      readonly record: string;
    }
  | ({
      readonly type: 'schedule';
      /** The time of the default recipe in full. */
      readonly full: number;
      readonly budget: number;
      /** The epochs after which recipes are compared. */
      readonly rungs: readonly [first: number, second: number];
      /** About how many recipes can be compared; 0 if the time is too short. */
      readonly recipes: number;
      /** The shortest budget in which two recipes can be compared. */
      readonly least: number;
    } & Finals)
  | ({ readonly type: 'step' } & Step)
  | (Exclude<UncheckpointedEvent, TrainingEnd> & {
      /** Time left of the budget. */
      readonly budgetSecondsLeft: number;
    })
  | ({ readonly type: 'result' } & Step &
      Pick<StepRecord, 'score' | 'epochs' | 'seconds' | 'tokensPerSecond' | 'failed'> & {
        /** The score less that of the default recipe after the same epoch, or with the same seed. */
        readonly difference: number | null;
        /** The time used so far. */
        readonly used: number;
      })
  | {
      readonly type: 'tuned';
      /** False if tuning was interrupted. */
      readonly complete: boolean;
      readonly budget: number;
      readonly used: number;
      /** The score that rows are sorted by; `mean`: of F1 or accuracy over several tag columns. */
      readonly score: ReturnType<typeof scoreName>;
      /** Recipes trained in full, the best first; then those that were stopped, the latest and best first. */
      readonly rows: readonly RecipeRow[];
      /** The run of the output; null if there is none. */
      readonly best: {
        readonly combination: Combination;
        readonly seed: number;
        readonly dev: readonly Scores[];
        readonly test?: readonly Scores[] | undefined;
        /** The mean score less that of the default recipe. */
        readonly difference: number;
      } | null;
      /** Standard deviation of a score between seeds, pooled over recipes; null with a single seed. */
      readonly noise: number | null;
      /** The command that trains the same model. */
      readonly command: string | null;
      readonly model: string;
      readonly record: string;
    };
