import { UserError } from '../../errors.ts';
import { describeFile } from '../../files/read.ts';
import type { Hyperparameters, Settings } from '../hyperparameters.ts';
import { checkHyperparameters } from '../settings.ts';
import { runId } from '../sweep/plan.ts';
import { difference, type RunRecord, readRunRecords, recordMismatch } from '../sweep/records.ts';

/** A step of tuning: a run up to a rung, or to its end. It is a line of the record file. */
export interface StepRecord extends RunRecord {
  /** The epoch after which the run was paused; null if it was trained in full. */
  readonly rung: number | null;
  /** What recipes are compared by: the dev score, smoothed at a rung. Null if it failed. */
  readonly score: number | null;
  /** One line: why the recipe has no score. It diverged, it takes too long, or the network is not possible. */
  readonly failed?: string | undefined;
  readonly secondsPerEpoch: number;
  /** Of the default recipe, trained in full with the first seed. */
  readonly default?: DefaultRun | undefined;
}

/** What the other steps need to know about the first run of the default recipe. */
export interface DefaultRun {
  readonly hyperparameters: Hyperparameters;
  /** Its score at each possible rung, by epoch. */
  readonly rungs: Readonly<Record<string, number>>;
}

/** Steps by their id. */
export type StepRecords = Map<string, StepRecord>;

/** The record file of tuning. */
export const stepsPath = (output: string): string => `${output}.tune.jsonl`;

export const stepId = ({ hyperparameters, rung }: Pick<StepRecord, 'hyperparameters' | 'rung'>) =>
  `${rung ?? 'full'} ${runId(hyperparameters)}`;

/**
 * Reads the steps of earlier calls.
 * @param options.hyperparameters those of the default recipe's first run, as given
 * @throws UserError (SEQTAG_RECORD_MISMATCH) for records of other data, other settings or another version
 */
export function readSteps(
  file: string,
  { key, hyperparameters }: { key: string; hyperparameters: Settings },
): StepRecords {
  const steps: StepRecords = new Map();
  if (!describeFile(file)) return steps;
  for (const [i, record] of readRunRecords(file, key).entries()) {
    if (!isStep(record))
      throw new UserError(
        `${file}:${i + 1}: not the record of a step of tuning. Remove this line, and the step is done again.`,
        { code: 'SEQTAG_RECORD_MISMATCH' },
      );
    if (i === 0 && runId(record.hyperparameters) !== runId(hyperparameters))
      throw recordMismatch(
        `${file}: has a default run ${difference(record, [{ hyperparameters }])}, unlike this tuning`,
      );
    steps.set(stepId(record), record);
  }
  return steps;
}

function isStep(record: RunRecord): record is StepRecord {
  const { rung, score, failed, secondsPerEpoch, default: first } = record as Partial<StepRecord>;
  const isNumberOrNull = (value: unknown): boolean => value === null || Number.isFinite(value);
  return (
    isNumberOrNull(rung) &&
    isNumberOrNull(score) &&
    (failed === undefined || typeof failed === 'string') &&
    Number.isFinite(secondsPerEpoch) &&
    (first === undefined || isDefaultRun(first))
  );
}

function isDefaultRun({ hyperparameters, rungs }: Partial<DefaultRun>): boolean {
  try {
    checkHyperparameters({ ...hyperparameters });
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
  return typeof rungs === 'object' && Object.values(rungs).every(Number.isFinite);
}
