import * as fs from 'node:fs';
import { DivergedError } from '../../errors.ts';
import type { Report } from '../../evaluation/report.ts';
import { version } from '../../files/package.ts';
import { moveFile } from '../../files/write.ts';
import type { Scores } from '../../model/model.ts';
import type { UncheckpointedEvent } from '../events.ts';
import { checkSettingsFit } from '../init/initial-model.ts';
import { checkOutput, type TrainOptions } from '../options.ts';
import { trainOn } from '../train.ts';
import { readTrainingFiles, type TrainingFiles } from '../training-files.ts';
import { dataKey, hashVectors, isModelOf, sweepData } from './data.ts';
import type { RunProgress, SweepEvent, TrainingEnd } from './events.ts';
import { type PlanOptions, planRuns, type Run, seedOf } from './plan.ts';
import { bestRecord, isBetter, rankCombinations, scoreName, secondsLeft } from './ranking.ts';
import { appendRecord, type Records, type RunRecord, readRecords, recordsPath } from './records.ts';
import { namedBy, openWorkspace, type Workspace } from './workspace.ts';

export type { SweepEvent } from './events.ts';

export type SweepOptions = Omit<TrainOptions, 'hyperparameters' | 'teacher'> & PlanOptions;

/**
 * Trains every combination of values with several seeds. Records every finished run; the output is always the best
 * model of the recorded runs. Called again, a sweep continues after the recorded runs. The signal discards the current
 * run. Each file is read once for all runs, except for word vectors.
 * @throws UserError for wrong hyperparameters, corpora or output, if the record file belongs to another sweep, and if
 * another sweep is writing the output
 */
export async function* sweep(options: SweepOptions): AsyncGenerator<SweepEvent> {
  const { output } = options;
  const runs = planRuns(options);
  checkOutput(options);
  const workspace = openWorkspace(output);
  try {
    yield* sweepIn(workspace, { options, runs });
  } finally {
    workspace.remove();
  }
}

async function* sweepIn(
  workspace: Workspace,
  { options, runs }: { options: SweepOptions; runs: readonly Run[] },
): AsyncGenerator<SweepEvent> {
  const { output, signal, seeds = 1 } = options;
  const vectors = await hashVectors(options.embeddings);
  const files = await readTrainingFiles(options);
  for (const run of runs) if (files.init) checkSettingsFit(files.init, run.hyperparameters);
  const data = sweepData(files, { options, vectors });
  const key = dataKey(data);
  const record = recordsPath(output);
  const records = readRecords(record, { key, runs });
  const combinations = [...new Set(runs.map(({ combination }) => combination))];
  let best = bestRecord(records);
  if (best && !isModelOf(output, best, data)) {
    // the model of the best run is missing: train it again
    for (const [id, one] of records) if (one === best) records.delete(id);
    best = undefined;
  }
  const total = runs.length;
  yield { type: 'plan', combinations, seeds, runs: total, done: records.size, record };
  for (const [i, run] of runs.entries()) {
    if (records.has(run.id)) continue;
    if (signal?.aborted) break;
    const { combination } = run;
    yield { type: 'run', run: i + 1, runs: total, combination, seed: seedOf(run) };
    const finished = yield* trainRun(run, { options, files, runs, records, key, workspace });
    if (!finished) break;
    const isBest = isBetter(finished.record, best);
    // the model first: after an interruption, a model without a record is trained again, but a record without a model
    // would be lost
    if (isBest) moveFile(workspace.model, output);
    appendRecord(record, finished.record);
    records.set(run.id, finished.record);
    if (isBest) best = finished.record;
    else fs.rmSync(workspace.model, { force: true });
    const progress = { run: i + 1, sweepSecondsLeft: secondsLeft({ runs, records }) };
    yield finished.end
      ? { ...finished.end, ...progress, model: isBest ? output : null }
      : { type: 'diverged', message: finished.record.diverged!, ...progress };
  }
  yield {
    type: 'sweep',
    complete: records.size === total,
    seeds,
    runs: total,
    done: records.size,
    score: scoreName(best?.dev ?? []),
    rows: rankCombinations(combinations, { runs, records }),
    best: best ?? null,
    model: output,
    record,
  };
}

/** Trains a run. The result has no `end` if training diverged; it is undefined if the signal stopped it. */
async function* trainRun(
  run: Run,
  context: {
    options: SweepOptions;
    files: TrainingFiles;
    runs: readonly Run[];
    records: Records;
    key: string;
    workspace: Workspace;
  },
): AsyncGenerator<
  Exclude<UncheckpointedEvent, TrainingEnd | { type: 'vectors' }> & RunProgress,
  { end?: TrainingEnd; record: RunRecord } | undefined
> {
  const { options, files, runs, records, key, workspace } = context;
  const { hyperparameters, combination } = run;
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  let parameters = 0;
  let epochs = 0;
  const createRecord = (
    figures: Pick<RunRecord, 'dev' | 'test' | 'tokensPerSecond' | 'bestEpoch' | 'diverged'>,
  ): RunRecord => ({
    seqtag: version,
    key,
    combination,
    seed: seedOf(run),
    ...figures,
    parameters,
    seconds: elapsed(),
    epochs,
    hyperparameters,
  });
  // divergence is a result of this run; any other error stops the sweep
  const divergedRecord = (diverged: string): RunRecord =>
    createRecord({ dev: null, tokensPerSecond: null, bestEpoch: null, diverged });
  const trainOptions: TrainOptions = {
    ...options,
    output: workspace.model,
    hyperparameters: { refit: false, ...hyperparameters }, // dev scores are compared; a refit has none
    signal: undefined, // with the signal, training would score and save a run that is discarded
  };
  try {
    for await (const event of trainOn(trainOptions, () => files)) {
      if (event.type === 'end') {
        const { dev, test, tokensPerSecond, bestEpoch, divergences } = event;
        if (divergences) return { record: divergedRecord(divergences.join('; ')) };
        const scores = { dev: dev.map(scoresOf), ...(test && { test: test.map(scoresOf) }) };
        return { end: event, record: createRecord({ ...scores, tokensPerSecond, bestEpoch }) };
      }
      if (options.signal?.aborted) return undefined;
      if (event.type === 'vectors') continue;
      if (event.type === 'start') parameters = event.parameters;
      if (event.type === 'epoch') epochs = event.epoch;
      const atMost = 'secondsLeft' in event ? elapsed() + event.secondsLeft : undefined;
      const current = { run, elapsed: elapsed(), atMost };
      yield {
        ...event,
        run: runs.indexOf(run) + 1,
        sweepSecondsLeft: secondsLeft({ runs, records, current }),
      };
    }
    throw new Error('training ended without a result');
  } catch (error) {
    if (error instanceof DivergedError) return { record: divergedRecord(error.message) };
    throw namedBy(options.output, { error, file: workspace.model });
  }
}

export const scoresOf = ({ spans, accuracy }: Report): Scores =>
  spans ? { accuracy, f1: spans.f1 } : { accuracy };
