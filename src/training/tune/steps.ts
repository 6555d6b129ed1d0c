import * as fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { version } from '../../files/package.ts';
import { moveFile } from '../../files/write.ts';
import { openModel } from '../../model/model-file.ts';
import type { Hyperparameters, Settings } from '../hyperparameters.ts';
import type { TrainOptions } from '../options.ts';
import { checkSettings } from '../settings.ts';
import { runId } from '../sweep/plan.ts';
import { appendRecord } from '../sweep/records.ts';
import { scoresOf } from '../sweep/sweep.ts';
import { namedBy, type Workspace } from '../sweep/workspace.ts';
import type { TrainingFiles } from '../training-files.ts';
import type { Step, TuneEvent } from './events.ts';
import { createPausableRun, type PausableRun } from './pausable-run.ts';
import { RUNGS } from './plan.ts';
import { type DefaultRun, type StepRecord, type StepRecords, stepId } from './records.ts';

/** A step that is done, now or in an earlier call. */
export interface DoneStep extends Step {
  readonly record: StepRecord;
}

/** Does the steps of tuning, or takes them from the records. */
export interface Steps {
  /** The steps so far, in order. */
  readonly done: readonly DoneStep[];
  /** The time of these steps in seconds. Runs that are repeated to continue after an interruption do not count. */
  readonly used: number;
  /**
   * Returns undefined if the signal interrupted the step.
   * @param limit the seconds after which a recipe is given up. Default: none
   */
  perform(step: Step, limit?: number): AsyncGenerator<TuneEvent, StepRecord | undefined>;
  /** Ends the paused runs of recipes, except those to keep. */
  keepOnly(recipes: readonly Settings[]): Promise<void>;
  /** The model of a run in full, if it was trained in this call. */
  modelOf(record: StepRecord): string | undefined;
  /** Makes a model the output. */
  publish(model: string): void;
  close(): Promise<void>;
}

export interface StepsOptions {
  readonly options: TrainOptions;
  readonly files: TrainingFiles;
  readonly workspace: Workspace;
  readonly key: string;
  readonly records: StepRecords;
  /** The record file. */
  readonly file: string;
  /** In seconds. */
  readonly budget: number;
  /** The current time in seconds. */
  readonly clock: () => number;
}

/** Default number of threads of a run at most: paused runs keep theirs, and training gains little from more. */
const MOST_THREADS = 4;

interface Paused {
  readonly run: PausableRun;
  readonly combination: Settings;
  readonly model: string;
}

export function createSteps(context: StepsOptions): Steps {
  const { options, files, workspace, records, clock, budget } = context;
  const done: DoneStep[] = [];
  const paused = new Map<string, Paused>();
  const models = new Map<string, string>();
  let used = 0;
  let best = Math.max(-1, ...[...records.values()].map(publishedScore));

  const finish = (step: Step, record: StepRecord): StepRecord => {
    done.push({ ...step, record });
    used += record.seconds;
    return record;
  };

  const open = (hyperparameters: Settings, { combination, stage }: Step): Paused => {
    const model = join(workspace.folder, `${crypto.randomUUID()}.safetensors`);
    const trainOptions: TrainOptions = {
      ...options,
      threads: options.threads ?? Math.min(MOST_THREADS, availableParallelism()),
      output: model,
      hyperparameters: { ...hyperparameters, refit: false }, // dev scores are compared; a refit has none
      signal: undefined, // with the signal, training would score and save a run that is discarded
    };
    const rungs = stage === 'default' ? RUNGS : [];
    return { run: createPausableRun(trainOptions, { files, rungs }), combination, model };
  };

  /** Saves the result of a step: first a model that is the best so far, then the record. */
  const save = (record: StepRecord, model: string): void => {
    if (record.rung === null && record.dev) {
      models.set(stepId(record), model);
      if (publishedScore(record) > best) {
        publish(model);
        best = publishedScore(record);
      }
    }
    appendRecord(context.file, record);
    records.set(stepId(record), record);
  };

  const publish = (model: string): void => {
    fs.copyFileSync(model, workspace.model);
    moveFile(workspace.model, options.output);
  };

  async function* perform(
    step: Step,
    limit = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<TuneEvent, StepRecord | undefined> {
    const { combination, seed, rung } = step;
    const hyperparameters = checkSettings({ ...options.hyperparameters, ...combination, seed });
    const recorded = records.get(stepId({ hyperparameters, rung }));
    if (recorded) return finish(step, recorded);
    if (options.signal?.aborted) return undefined;
    yield { type: 'step', ...step };
    const id = runId(hyperparameters);
    const isPaused = paused.has(id);
    const one = paused.get(id) ?? open(hyperparameters, step);
    paused.set(id, one);
    const { state } = one.run;
    // epochs that an earlier call has recorded are repeated, but do not count again
    const repeated = isPaused ? 0 : lastRung(records, id);
    const epochsBefore = Math.max(state.scores.length, repeated);
    const isDefault = Object.keys(combination).length === 0;
    let began = clock();
    let failed: string | undefined;
    try {
      for await (const event of one.run.advance(rung ?? Number.POSITIVE_INFINITY)) {
        if (options.signal?.aborted) return undefined;
        yield { ...event, budgetSecondsLeft: Math.max(0, budget - used - (clock() - began)) };
        if (event.type === 'epoch' && event.epoch <= repeated) began = clock();
        if (clock() - began <= limit) continue;
        failed = 'it takes too long';
        break;
      }
    } catch (error) {
      if (isDefault || !isOfRecipe(error))
        throw namedBy(options.output, { error, file: one.model });
      failed = error.message;
    }
    const seconds = clock() - began;
    const epochs = state.scores.length;
    const record: StepRecord = {
      seqtag: version,
      key: context.key,
      combination,
      seed,
      rung,
      ...(failed === undefined ? outcome(one.run, { rung, isDefault }) : failure(failed)),
      parameters: state.parameters,
      tokensPerSecond: state.tokensPerSecond,
      seconds,
      secondsPerEpoch: seconds / Math.max(1, epochs - epochsBefore),
      epochs,
      hyperparameters,
      ...(step.stage === 'default' && {
        default: defaultRun(one),
      }),
    };
    if (rung === null || record.score === null) await drop(id);
    save(record, one.model);
    finish(step, record);
    yield { type: 'result', ...step, ...resultOf(record), difference: differenceOf(record), used };
    return record;
  }

  const drop = async (id: string): Promise<void> => {
    await paused.get(id)?.run.stop();
    paused.delete(id);
  };

  /** The score less that of the default recipe with the same seed, or after the same epoch. */
  const differenceOf = (record: StepRecord): number | null =>
    differenceFrom(
      record,
      done.map((step) => step.record),
    );

  return {
    done,
    get used() {
      return used;
    },
    perform,
    async keepOnly(recipes) {
      const kept = new Set(recipes.map(runId));
      for (const [id, { combination }] of paused) if (!kept.has(runId(combination))) await drop(id);
    },
    modelOf: (record) => models.get(stepId(record)),
    publish,
    async close() {
      for (const id of [...paused.keys()]) await drop(id);
    },
  };
}

/**
 * The score of a step less that of the default recipe with the same seed, or after the same epoch. Null if there is none
 * to compare with.
 */
export function differenceFrom(
  { rung, seed, score }: StepRecord,
  done: readonly StepRecord[],
): number | null {
  if (score === null) return null;
  if (rung === null) {
    const other = done.find((record) => isOfDefault(record) && record.seed === seed);
    return other?.score == null ? null : score - other.score;
  }
  const first = done[0];
  if (!first?.default || first.score === null) return null;
  const other = first.default.rungs[rung];
  return other === undefined ? null : score - other;
}

export const isOfDefault = ({ combination, rung }: StepRecord): boolean =>
  rung === null && Object.keys(combination).length === 0;

/** Whether an error is due to a recipe, such as a network that is too large or a decoder with too many tags. */
const isOfRecipe = (error: unknown): error is UserError =>
  error instanceof UserError &&
  (['SEQTAG_MEMORY', 'SEQTAG_TAGS', 'SEQTAG_DIVERGED'] as const).some(
    (code) => code === error.code,
  );

type Outcome = Pick<StepRecord, 'score' | 'dev' | 'bestEpoch' | 'failed'>;

const failure = (failed: string): Outcome => ({ score: null, dev: null, bestEpoch: null, failed });

/** The score and what goes with it. A recipe that diverged has none, but the default keeps its best epoch. */
function outcome(
  { state, scoreAt }: PausableRun,
  { rung, isDefault }: { rung: number | null; isDefault: boolean },
): Outcome {
  const { end } = state;
  if (!end) return { score: scoreAt(rung!), dev: state.dev.map(scoresOf), bestEpoch: null };
  if (end.divergences && !isDefault) return failure(end.divergences.join('; '));
  return { score: end.score, dev: end.dev.map(scoresOf), bestEpoch: end.bestEpoch };
}

const resultOf = ({ score, epochs, seconds, tokensPerSecond, failed }: StepRecord) => ({
  score,
  epochs,
  seconds,
  tokensPerSecond,
  ...(failed !== undefined && { failed }),
});

/** The score of a run whose model may become the output while tuning goes on; else -1. */
const publishedScore = ({ rung, score }: StepRecord): number =>
  rung === null && score !== null ? score : -1;

function lastRung(records: StepRecords, id: string): number {
  const rungs = [...records.values()]
    .filter(({ hyperparameters }) => runId(hyperparameters) === id)
    .map(({ rung }) => rung ?? 0);
  return Math.max(0, ...rungs);
}

function defaultRun({ run, model: file }: Paused): DefaultRun {
  using model = openModel(file);
  const reached = RUNGS.filter((rung) => rung <= run.state.scores.length);
  return {
    hyperparameters: model.record.hyperparameters as unknown as Hyperparameters,
    rungs: Object.fromEntries(reached.map((rung) => [rung, run.scoreAt(rung)])),
  };
}
