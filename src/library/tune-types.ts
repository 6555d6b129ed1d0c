import type { Ratio } from './evaluation-types.ts';
import type {
  CheckpointOptions,
  Combination,
  EpochEvent,
  ProgressEvent,
  SetbackEvent,
  Spread,
  StartEvent,
  TrainOptions,
  VectorsEvent,
} from './training-types.ts';

/** Files and options of tuning. Hyperparameters that are given stay fixed. */
export interface TuneOptions
  extends Omit<TrainOptions, 'teacher' | 'init' | keyof CheckpointOptions> {
  /** Time for everything, in seconds. A model whose training to the end has begun is finished in any case. */
  readonly budget: number;
}

/** A step of tuning: a recipe is trained up to an epoch, or to the end. */
export interface TuneStep {
  /**
   * The default recipe; a recipe in a bracket of successive halving; a recipe to the end; or the best once more, to
   * write its model.
   */
  readonly stage: 'default' | 'bracket' | 'final' | 'write';
  /** The index of the bracket, from 1; 0 outside of brackets. */
  readonly bracket: number;
  /** The index of the step among those that are compared, from 1, and their number. */
  readonly index: number;
  readonly count: number;
  /** What differs from the default recipe. */
  readonly combination: Combination;
  readonly seed: number;
  /** The epoch after which the recipe is compared; null for training to the end. */
  readonly rung: number | null;
}

/** A recipe that was compared. */
export interface RecipeRow {
  /** What differs from the default recipe; empty for the default recipe. */
  readonly combination: Combination;
  /** Number of runs to the end, one for each seed. */
  readonly runs: number;
  /** The last epoch after which the recipe was compared; null if it was trained to the end. */
  readonly rung: number | null;
  /** On the development data, F1 for spans, else accuracy; the mean of several tag columns. */
  readonly dev: Spread;
  /** `dev` less that of the default recipe with the same seeds, or after the same epoch. */
  readonly difference: number | null;
  readonly parameters: number;
  readonly tokensPerSecond: number | null;
  readonly epochs: number;
}

/** The result of tuning. */
export interface TuneResult {
  /** False if tuning was stopped. Called again, it continues. */
  readonly complete: boolean;
  /** Seconds that were used, of the budget. */
  readonly used: number;
  /** The recipes trained to the end, the best first; then those that were stopped. */
  readonly rows: readonly RecipeRow[];
  /** The run of the model; null if there is none. */
  readonly best: {
    readonly combination: Combination;
    readonly seed: number;
    /** One for each tag column. */
    readonly dev: readonly { readonly accuracy: Ratio; readonly f1?: Ratio | undefined }[];
    readonly test?:
      | readonly { readonly accuracy: Ratio; readonly f1?: Ratio | undefined }[]
      | undefined;
    /** The mean score less that of the default recipe. */
    readonly difference: number;
  } | null;
  /** The standard deviation of a score between seeds; null if there was one seed only. */
  readonly noise: number | null;
  /** The command that trains the same model; null if tuning was stopped. */
  readonly command: string | null;
  /** The path of the best model. */
  readonly model: string;
  /** The path of the record file, with a line of JSON for each step. */
  readonly record: string;
}

/** The events of tuning: `tune`; for each step `step`, the events of its training and `result`; finally `tuned`. */
export type TuneEvent =
  | {
      readonly type: 'tune';
      /** The budget, and what earlier calls used of it, in seconds. */
      readonly budget: number;
      readonly used: number;
      /** Number of steps that earlier calls recorded. */
      readonly done: number;
      readonly record: string;
    }
  | {
      /** What fits into the budget, after the default recipe. */
      readonly type: 'schedule';
      /** Seconds that the default recipe took. */
      readonly full: number;
      readonly budget: number;
      /** The epochs after which recipes are compared. */
      readonly rungs: readonly [first: number, second: number];
      /** About how many recipes can be compared. */
      readonly recipes: number;
      /** How many are trained to the end, and with how many seeds. */
      readonly finalists: number;
      readonly seeds: number;
      /** The shortest budget in which two recipes can be compared. */
      readonly least: number;
    }
  | ({ readonly type: 'step' } & TuneStep)
  | ((VectorsEvent | StartEvent | ProgressEvent | EpochEvent | SetbackEvent) & {
      /** Seconds left of the budget. */
      readonly budgetSecondsLeft: number;
    })
  | ({ readonly type: 'result' } & TuneStep & {
        /** The dev score, smoothed after an epoch; null if the recipe failed. */
        readonly score: number | null;
        /** The score less that of the default recipe with the same seed, or after the same epoch. */
        readonly difference: number | null;
        readonly epochs: number;
        readonly seconds: number;
        readonly tokensPerSecond: number | null;
        /** Why the recipe failed: it diverged, takes too long, or its network is not possible. */
        readonly failed?: string | undefined;
        /** Seconds that were used so far. */
        readonly used: number;
      })
  | ({ readonly type: 'tuned' } & TuneResult);
