import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { openModel } from '../../model/model-file.ts';
import { shellWord } from '../../option-values.ts';
import { defaultHyperparameters, type Settings } from '../hyperparameters.ts';
import { checkOutput, refitsByDefault, type TrainOptions } from '../options.ts';
import { checkSettings } from '../settings.ts';
import { dataKey, hashVectors, isModelOf, type SweepData, sweepData } from '../sweep/data.ts';
import { scoreName } from '../sweep/ranking.ts';
import { namedBy, openWorkspace, type Workspace } from '../sweep/workspace.ts';
import { trainOn } from '../train.ts';
import { readTrainingFiles, type TrainingFiles } from '../training-files.ts';
import type { TuneEvent } from './events.ts';
import { checkBudget } from './plan.ts';
import { chooseRun, noiseBetweenSeeds, rankRecipes } from './ranking.ts';
import { readSteps, type StepRecord, stepsPath } from './records.ts';
import { createStep, search } from './search.ts';
import { createSteps, type Steps } from './steps.ts';

export type { TuneEvent } from './events.ts';

export interface TuneOptions
  extends Omit<
    TrainOptions,
    'teacher' | 'init' | 'scoreWithPenalties' | 'checkpoints' | 'resume' | 'finish'
  > {
  /** Time for everything, in seconds. A model whose training in full has begun is finished in any case. */
  readonly budget: number;
  /** The current time in seconds. Default: that of this process. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Searches the recipe with the best dev score in a given time, by successive halving. The default recipe is always
 * trained in full; the output is a model that is at least as good on dev. Hyperparameters that are given are not
 * searched. Every step is recorded, and a call with the same options continues after the recorded steps. The signal
 * discards the current step.
 * @throws UserError for wrong hyperparameters, corpora or output, if the record file belongs to another tuning, and if
 * another sweep or tuning is writing the output; DivergedError if the default recipe diverges in its first epoch
 */
export async function* tune(options: TuneOptions): AsyncGenerator<TuneEvent> {
  checkBudget(options.budget);
  const hyperparameters = checkSettings(options.hyperparameters, 'tune');
  if ((hyperparameters.ensemble ?? 1) > 1)
    throw new UserError(
      `tune: an ensemble (${hyperparameters.ensemble}) cannot be tuned. Tune a single network, then train an ensemble with its hyperparameters.`,
      { code: 'SEQTAG_OPTION_CONFLICT', option: 'ensemble' },
    );
  checkOutput(options);
  const workspace = openWorkspace(options.output);
  try {
    yield* tuneIn(workspace, { ...options, hyperparameters });
  } finally {
    workspace.remove();
  }
}

async function* tuneIn(workspace: Workspace, options: TuneOptions): AsyncGenerator<TuneEvent> {
  const { output, budget, clock = () => performance.now() / 1000 } = options;
  const seed = options.hyperparameters.seed ?? defaultHyperparameters.seed;
  const vectors = await hashVectors(options.embeddings);
  const files = await readTrainingFiles(options);
  const data = sweepData(files, { options, vectors });
  const key = dataKey(data);
  const file = stepsPath(output);
  const records = readSteps(file, {
    key,
    hyperparameters: { ...options.hyperparameters, seed },
  });
  const recorded = records.size;
  const steps = createSteps({ options, files, workspace, key, records, file, budget, clock });
  try {
    const used = [...records.values()].reduce((sum, { seconds }) => sum + seconds, 0);
    yield { type: 'tune', budget, used, done: recorded, record: file };
    const isComplete = yield* search(steps, { options, budget, seed, isRefitted: refits(options) });
    const best = chooseRun(recordsOf(steps), options.dev === undefined ? { seed } : {});
    const isWritten =
      isComplete && best
        ? yield* writeBest(best, { steps, options, files, workspace, data })
        : false;
    yield tunedEvent(steps, { options, best, isWritten, file });
  } finally {
    await steps.close();
  }
}

const recordsOf = ({ done }: Steps): StepRecord[] => done.map(({ record }) => record);

const refits = (options: TuneOptions): boolean =>
  options.hyperparameters.refit ?? refitsByDefault(options);

/**
 * Makes the model of a run the output. A model that is no longer there is trained again, and so is one to refit.
 * @returns false if the signal interrupted it
 */
async function* writeBest(
  best: StepRecord,
  context: {
    steps: Steps;
    options: TuneOptions;
    files: TrainingFiles;
    workspace: Workspace;
    data: SweepData;
  },
): AsyncGenerator<TuneEvent, boolean> {
  const { steps, options, files, workspace, data } = context;
  const isRefitted = refits(options);
  if (isModelOf(options.output, best, data) && wasRefitted(options.output) === isRefitted)
    return true;
  const there = isRefitted ? undefined : steps.modelOf(best);
  if (there !== undefined) {
    steps.publish(there);
    return true;
  }
  yield { type: 'step', ...createStep(best.combination, best.seed), stage: 'write' };
  const model = join(workspace.folder, 'best.safetensors');
  const hyperparameters: Settings = { ...best.hyperparameters, refit: isRefitted };
  const training = trainOn(
    { ...options, output: model, hyperparameters, signal: undefined },
    () => files,
  );
  try {
    for await (const event of training) {
      if (event.type === 'end') continue;
      if (options.signal?.aborted) return false;
      yield { ...event, budgetSecondsLeft: Math.max(0, options.budget - steps.used) };
    }
  } catch (error) {
    throw namedBy(options.output, { error, file: model });
  }
  steps.publish(model);
  return true;
}

function wasRefitted(file: string): boolean {
  using model = openModel(file);
  return model.record.refit !== undefined;
}

function tunedEvent(
  steps: Steps,
  {
    options,
    best,
    isWritten,
    file,
  }: { options: TuneOptions; best: StepRecord | undefined; isWritten: boolean; file: string },
): TuneEvent {
  const done = recordsOf(steps);
  const { output, budget } = options;
  const rows = rankRecipes(done);
  const written = best && isWritten ? trainedBy(output) : undefined;
  const mean = (record: StepRecord | undefined): number =>
    rows.find(({ combination }) => sameRecipe(combination, record!.combination))!.dev.mean!;
  return {
    type: 'tuned',
    complete: isWritten,
    budget,
    used: steps.used,
    score: scoreName(done[0]?.dev ?? []),
    rows,
    best: best
      ? {
          combination: best.combination,
          seed: best.seed,
          dev: best.dev!,
          ...(written?.test && { test: written.test }),
          difference: mean(best) - mean(done[0]),
        }
      : null,
    noise: noiseBetweenSeeds(done),
    command: written ? `${written.command} -o ${shellWord(output)}` : null,
    model: output,
    record: file,
  };
}

const sameRecipe = (a: Settings, b: Settings): boolean => JSON.stringify(a) === JSON.stringify(b);

function trainedBy(file: string) {
  using model = openModel(file);
  const { command, test } = model.record;
  return { command, test };
}
