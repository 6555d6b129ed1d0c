import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { readGazetteers } from '../corpus/features/gazetteer.ts';
import type { ReadOptions } from '../corpus/index.ts';
import { DivergedError, UserError } from '../errors.ts';
import type { Report } from '../evaluation/report.ts';
import { sha256Of } from '../files/hash.ts';
import { describeFile, readBytes, readTextFile } from '../files/read.ts';
import { appendToFile, followLinks, moveFile } from '../files/write.ts';
import { openModel, type Scores } from '../model/model.ts';
import { flagOf } from '../option-values.ts';
import {
  type HyperparameterName,
  type Hyperparameters,
  hyperparameterNames,
  hyperparameters,
  type Settings,
} from './hyperparameters.ts';
import { checkRereadable, readLabelled } from './labelled-corpus.ts';
import { checkOutput } from './options.ts';
import { checkSettings } from './settings.ts';
import { type TrainingEvent, type TrainOptions, train } from './train.ts';

/** A value for each hyperparameter that is compared. */
export type Combination = Readonly<Partial<Hyperparameters>>;

export interface SweepOptions extends Omit<TrainOptions, 'hyperparameters' | 'teacher'> {
  /** What all runs share; names and values as `checkHyperparameters` takes them. */
  readonly hyperparameters?: Readonly<Record<string, unknown>> | undefined;
  /** Values to compare, by hyperparameter; every combination of them is trained. They win over `hyperparameters`. */
  readonly values: Readonly<Record<string, readonly unknown[]>>;
  /** Runs a combination, with seeds `seed`, `seed + 1` and so on; by default 1. */
  readonly seeds?: number | undefined;
}

/** A run that is over: a line of the record file. */
export interface RunRecord {
  /** SHA-256 of what was learnt from: the bytes of corpora, word vectors and gazetteers, the format and the columns. */
  readonly key: string;
  readonly combination: Combination;
  readonly seed: number;
  /** Of each column of tags at the best epoch, shares from 0 to 1; null: training diverged. */
  readonly dev: readonly Scores[] | null;
  readonly test?: readonly Scores[] | undefined;
  readonly parameters: number;
  /** Of training alone, scoring included. */
  readonly tokensPerSecond: number | null;
  readonly seconds: number;
  readonly epochs: number;
  readonly bestEpoch: number | null;
  /** Why there is no model. */
  readonly diverged?: string | undefined;
  readonly hyperparameters: Settings;
}

/** Mean over runs, and their standard deviation (n - 1); null where there are too few. */
export interface Spread {
  readonly mean: number | null;
  readonly deviation: number | null;
}

/** A combination and its runs so far; figures are means, null before the first run. */
export interface SweepRow {
  readonly combination: Combination;
  /** Runs with a score, and runs that diverged. */
  readonly runs: number;
  readonly diverged: number;
  /** F1 for span tags, else accuracy; of several columns of tags, their mean. */
  readonly dev: Spread;
  readonly test?: Spread;
  readonly parameters: number | null;
  readonly tokensPerSecond: number | null;
  readonly seconds: number | null;
  readonly epochs: number | null;
}

type Tag = {
  /** Which run of the plan, from 1. */
  readonly run: number;
  /** What the whole sweep may still take; null while nobody can say. */
  readonly sweepSecondsLeft: number | null;
};
type End = Extract<TrainingEvent, { type: 'end' }>;

/** What a sweep tells of itself: plan; then for each run that is not yet done `run`, training's events and its end; sweep. */
export type SweepEvent =
  | {
      readonly type: 'plan';
      readonly combinations: readonly Combination[];
      readonly seeds: number;
      readonly runs: number;
      /** Runs that an earlier call recorded. */
      readonly done: number;
      /** The file of their records. */
      readonly record: string;
    }
  | {
      readonly type: 'run';
      readonly run: number;
      readonly runs: number;
      readonly combination: Combination;
      readonly seed: number;
    }
  | (Exclude<TrainingEvent, End> & Tag)
  /** The model is null unless this run is the best so far. */
  | (Omit<End, 'model'> & Tag & { readonly model: string | null })
  | (Tag & { readonly type: 'diverged'; readonly message: string })
  | {
      readonly type: 'sweep';
      readonly complete: boolean;
      readonly seeds: number;
      readonly runs: number;
      readonly done: number;
      /** What rows are sorted by; mean: of several columns of tags. */
      readonly score: 'f1' | 'accuracy' | 'mean';
      /** The best first. */
      readonly rows: readonly SweepRow[];
      /** The run whose model was kept; null when there is none. */
      readonly best: RunRecord | null;
      readonly model: string;
      readonly record: string;
    };

interface Run {
  /** By what it is known again. */
  readonly id: string;
  readonly combination: Combination;
  readonly hyperparameters: Settings;
}
type Done = Map<string, RunRecord>;

/** `learning-rate` or `learningRate` -> `learningRate`; what is no hyperparameter stays as it is. */
export const nameOf = (key: string): string =>
  hyperparameterNames.find((name) => name === key || flagOf(name) === key) ?? key;

/** `hidden=50 char-encoder=cnn` */
export const describeCombination = (combination: Combination): string =>
  Object.entries(combination)
    .map(([name, value]) => `${flagOf(name)}=${value}`)
    .join(' ');

/** F1 for span tags, else accuracy; of several columns of tags, their mean. */
export const scoreOf = (columns: readonly Scores[]): number =>
  mean(columns.map(({ accuracy, f1 }) => (f1 === undefined ? accuracy : f1) ?? 0)) ?? 0;

/** Where the runs of a sweep are recorded. */
export const recordFile = (output: string): string => `${output}.sweep.jsonl`;

/** Where a run's model is until it is known to be the best; a directory, so that nothing half-written lies elsewhere. */
const workFolder = (output: string): string => `${followLinks(output)}.sweep.tmp`;

/** Removes what an unfinished run has left. */
export const removeWork = (output: string): void =>
  fs.rmSync(workFolder(output), { recursive: true, force: true });

/**
 * Trains every combination of values with several seeds, all combinations with one seed before the next seed. Each run
 * is recorded when it is done, and the output is always the best model among the recorded runs; called again, it goes
 * on where it ended. A signal drops the run under way.
 * @throws UserError for wrong hyperparameters, corpora or output, and when the record file is of another sweep.
 */
export async function* sweep(options: SweepOptions): AsyncGenerator<SweepEvent> {
  const { output, signal, seeds = 1 } = options;
  const runs = planRuns(options);
  checkOutput(options);
  const learntFrom = {
    read: options.read,
    vectors: await hashVectors(options.embeddings),
    gazetteers: (await readGazetteers(options.gazetteers ?? [])).files.map(({ sha256 }) => sha256),
  };
  const key = keyOf(await readCorpora(options), learntFrom);
  const record = recordFile(output);
  const done = readRecords(record, { key, runs });
  const total = runs.length;
  const combinations = [...new Set(runs.map(({ combination }) => combination))];
  let best = bestOf(done);
  if (best && !isModelOf(output, best, learntFrom)) {
    // the best model went away: it is trained again
    done.delete(idOf(best.hyperparameters));
    best = undefined;
  }
  yield {
    type: 'plan',
    combinations,
    seeds,
    runs: total,
    done: done.size,
    record,
  };
  removeWork(output);
  try {
    for (const [i, run] of runs.entries()) {
      if (done.has(run.id)) continue;
      if (signal?.aborted) break;
      const { combination } = run;
      yield { type: 'run', run: i + 1, runs: total, combination, seed: seedOf(run) };
      const outcome = yield* trainRun(run, { options, runs, done, key });
      if (!outcome) break;
      const { end, result } = outcome;
      const isBest = result.dev !== null && (!best || scoreOf(result.dev) > scoreOf(best.dev!));
      // the model first: a run that is recorded without its model would be lost, one that is not is trained again
      if (isBest) moveFile(join(workFolder(output), MODEL), output);
      appendToFile(record, `${JSON.stringify(result)}\n`);
      done.set(run.id, result);
      if (isBest) best = result;
      removeWork(output);
      const tag = { run: i + 1, sweepSecondsLeft: timeLeft({ runs, done }) };
      yield end
        ? { ...end, ...tag, model: isBest ? output : null }
        : { type: 'diverged', message: result.diverged!, ...tag };
    }
  } finally {
    removeWork(output);
  }
  yield {
    type: 'sweep',
    complete: done.size === total,
    seeds,
    runs: total,
    done: done.size,
    score: scoreName(best?.dev ?? []),
    rows: tabulate(combinations, { runs, done }),
    best: best ?? null,
    model: output,
    record,
  };
}

const MODEL = 'model.safetensors';

const scoreName = (columns: readonly Scores[]): 'f1' | 'accuracy' | 'mean' =>
  columns.length > 1 ? 'mean' : columns[0]?.f1 === undefined ? 'accuracy' : 'f1';

/** Trains one run to its end, or until the signal: then there is no outcome. */
async function* trainRun(
  run: Run,
  context: { options: SweepOptions; runs: readonly Run[]; done: Done; key: string },
): AsyncGenerator<Extract<SweepEvent, Tag>, { end?: End; result: RunRecord } | undefined> {
  const { options, runs, done, key } = context;
  const { hyperparameters, combination } = run;
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  let parameters = 0;
  let epochs = 0;
  const resultOf = (
    figures: Pick<RunRecord, 'dev' | 'test' | 'tokensPerSecond' | 'bestEpoch' | 'diverged'>,
  ): RunRecord => ({
    key,
    combination,
    seed: seedOf(run),
    ...figures,
    parameters,
    seconds: elapsed(),
    epochs,
    hyperparameters,
  });
  fs.mkdirSync(workFolder(options.output));
  try {
    const events = train({
      ...options,
      output: join(workFolder(options.output), MODEL),
      hyperparameters: { refit: false, ...hyperparameters }, // compared are scores on dev
      signal: undefined, // with it training would score and save what is to be dropped
    });
    for await (const event of events) {
      if (event.type === 'end') {
        const { dev, test, tokensPerSecond, bestEpoch } = event;
        const scores = { dev: dev.map(scoresOf), ...(test && { test: test.map(scoresOf) }) };
        return { end: event, result: resultOf({ ...scores, tokensPerSecond, bestEpoch }) };
      }
      if (options.signal?.aborted) return undefined;
      if (event.type === 'start') parameters = event.parameters;
      if (event.type === 'epoch') epochs = event.epoch;
      const atMost = event.type === 'start' ? undefined : elapsed() + event.secondsLeft;
      const now = { run, elapsed: elapsed(), atMost };
      yield {
        ...event,
        run: runs.indexOf(run) + 1,
        sweepSecondsLeft: timeLeft({ runs, done, now }),
      };
    }
    throw new Error('training went without an end');
  } catch (error) {
    // that a rate is too high is a result; whatever else is wrong is so for all runs
    if (!(error instanceof DivergedError)) throw error;
    const { message: diverged } = error;
    return { result: resultOf({ dev: null, tokensPerSecond: null, bestEpoch: null, diverged }) };
  }
}

// ---------------------------------------------------------------------------------------------
// The plan

function planRuns({ hyperparameters: shared = {}, values, seeds = 1 }: SweepOptions): Run[] {
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new UserError(`sweep: ${seeds} seeds: expected a whole number from 1.`);
  const axes = Object.entries(values).map(([key, list]) => [nameOf(key), list] as const);
  for (const [name, list] of axes)
    if (list.length === 0)
      throw new UserError(`sweep: ${flagOf(name)} has no values. Give some to compare.`);
  if (seeds > 1 && axes.some(([name]) => name === 'seed'))
    throw new UserError('sweep: seed has values of its own. Leave out --seeds, or sweep no seed.');
  const base = Object.entries(shared).map(([key, value]) => [nameOf(key), value] as const);
  const checked = product(axes).map((combination) =>
    checkSettings({ ...Object.fromEntries(base), ...combination }, 'sweep'),
  );
  const cases = checked.map((hyperparameters) => ({
    hyperparameters,
    combination: Object.fromEntries(
      axes.map(([name]) => [name, hyperparameters[name as HyperparameterName]]),
    ) as Combination,
  }));
  const seen = new Set<string>();
  for (const { hyperparameters, combination } of cases) {
    if (seen.has(idOf(hyperparameters)))
      throw new UserError(
        `sweep: ${describeCombination(combination)} comes twice. Give every value once.`,
      );
    seen.add(idOf(hyperparameters));
  }
  return Array.from({ length: seeds }, (_, i) =>
    cases.map(({ combination, hyperparameters: h }): Run => {
      const first = h.seed ?? hyperparameters.seed.default;
      const own = checkSettings({ ...h, seed: first + i }, 'sweep');
      return { id: idOf(own), combination, hyperparameters: own };
    }),
  ).flat();
}

/** Every combination; the values of the last name change fastest. */
const product = (
  axes: readonly (readonly [name: string, values: readonly unknown[]])[],
): Record<string, unknown>[] =>
  axes.reduce<Record<string, unknown>[]>(
    (all, [name, values]) =>
      all.flatMap((combination) => values.map((value) => ({ ...combination, [name]: value }))),
    [{}],
  );

/** By what a run is known again: all that its model depends on, but for the corpora. */
const seedOf = ({ hyperparameters: { seed } }: Pick<Run, 'hyperparameters'>): number =>
  seed ?? hyperparameters.seed.default;

const idOf = (hyperparameters: Settings): string =>
  JSON.stringify(Object.entries(hyperparameters).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Seconds until all runs are done: each takes as long as others of its combination did, else as all did, else as long as
 * the one under way may take at most.
 */
function timeLeft({
  runs,
  done,
  now,
}: {
  runs: readonly Run[];
  done: Done;
  now?: { run: Run; elapsed: number; atMost: number | undefined };
}): number | null {
  const took = (records: readonly RunRecord[]): number | null =>
    mean(records.filter(({ dev }) => dev).map(({ seconds }) => seconds));
  const ofAll = took([...done.values()]);
  const guesses = new Map<Combination, number | null>();
  for (const { combination } of runs)
    if (!guesses.has(combination))
      guesses.set(combination, took(recordsOf(combination, { runs, done })));
  let left = 0;
  for (const run of runs) {
    if (done.has(run.id)) continue;
    const guess = guesses.get(run.combination) ?? ofAll ?? now?.atMost;
    if (guess === undefined) return null;
    left += run === now?.run ? Math.max(0, guess - now.elapsed) : guess;
  }
  return left;
}

// ---------------------------------------------------------------------------------------------
// What there is on disk

async function readCorpora(
  options: SweepOptions,
): Promise<{ role: 'train' | 'dev' | 'test'; sha256: string }[]> {
  const { corpora, dev, test } = options;
  const files = [
    ...corpora.map((file) => ({ role: 'train' as const, file })),
    ...(dev === undefined ? [] : [{ role: 'dev' as const, file: dev }]),
    ...(test === undefined ? [] : [{ role: 'test' as const, file: test }]),
  ];
  const { tagColumn } = options.read ?? {};
  const columns = tagColumn === undefined ? [undefined] : String(tagColumn).split(',');
  const hashes = [];
  for (const { role, file } of files) {
    checkRereadable(file, { option: role, reason: 'every run reads it anew' });
    // read, not only hashed: what is wrong with it is to be said before anything trains
    for (const column of columns) {
      const read: ReadOptions = {
        ...options.read,
        ...(column !== undefined && { tagColumn: column }),
        gold: true,
      };
      const { sha256 } = await readLabelled(file, read);
      if (column === columns[0]) hashes.push({ role, sha256 });
    }
  }
  return hashes;
}

async function hashVectors(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  if (describeFile(file)?.kind !== 'file')
    throw new UserError(`${file}: no such file. Give --embeddings a file of word vectors.`);
  return sha256Of(readBytes(file));
}

interface LearntFrom {
  readonly read: TrainOptions['read'];
  /** SHA-256 of pretrained vectors. */
  readonly vectors: string | undefined;
  /** And of lists of phrases. */
  readonly gazetteers: readonly string[];
}

/** The same for the same data, wherever it lies. */
function keyOf(
  corpora: readonly { role: string; sha256: string }[],
  { read = {}, vectors, gazetteers }: LearntFrom,
): string {
  const { format, tokenColumn, tagColumn, featureColumn, header } = read;
  const parts = [
    corpora.map(({ role, sha256 }) => [role, sha256]),
    ...[format, tokenColumn, tagColumn, header, vectors].map((value) => value ?? null),
    ...(featureColumn === undefined ? [] : [{ featureColumn }]),
    ...(gazetteers.length === 0 ? [] : [{ gazetteers }]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Runs that are recorded; a line that was not written to its end counts for nothing. */
function readRecords(
  file: string,
  { key, runs }: { key: string; runs: readonly Run[] },
): Map<string, RunRecord> {
  const done: Done = new Map();
  if (!fs.existsSync(file)) return done;
  const text = readTextFile(file);
  // ends a half-written line, so that the next one does not become part of it
  appendToFile(file, text === '' || text.endsWith('\n') ? '' : '\n');
  const planned = new Set(runs.map(({ id }) => id));
  for (const line of text.split('\n')) {
    const run = parseLine(line);
    if (!run) continue;
    if (run.key !== key)
      throw new UserError(
        `${file}: has runs on other corpora, columns of them, word vectors or gazetteers. Give another -o, or remove it to begin anew.`,
      );
    const id = idOf(run.hyperparameters);
    if (!planned.has(id))
      throw new UserError(
        `${file}: has a run ${difference(run, runs)}, which this sweep has not. Add it, give another -o, or remove the file to begin anew.`,
      );
    done.set(id, run);
  }
  return done;
}

function parseLine(line: string): RunRecord | undefined {
  try {
    const value = JSON.parse(line) as RunRecord | null;
    return typeof value === 'object' && value?.hyperparameters ? value : undefined;
  } catch {
    return undefined;
  }
}

/** In what a run differs from the planned one that is most like it. */
function difference({ hyperparameters }: RunRecord, runs: readonly Run[]): string {
  const theirs: Readonly<Record<string, unknown>> = hyperparameters;
  const [least = []] = runs
    .map(({ hyperparameters: h }) => {
      const ours: Readonly<Record<string, unknown>> = h;
      return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].filter(
        (name) => theirs[name] !== ours[name],
      );
    })
    .sort((a, b) => a.length - b.length);
  return least
    .map((name) =>
      theirs[name] === undefined
        ? `without ${flagOf(name)}`
        : `with ${flagOf(name)}=${theirs[name]}`,
    )
    .join(' and ');
}

/** Whether the file is the model of this run. */
function isModelOf(file: string, run: RunRecord, learntFrom: LearntFrom): boolean {
  if (!fs.existsSync(file)) return false;
  try {
    using model = openModel(file);
    const { hyperparameters, corpora, dev } = model.record;
    const isSame = Object.entries(run.hyperparameters).every(
      ([name, value]) => hyperparameters[name] === value,
    );
    // what was not asked for may have been another: then the scores differ too
    const isAsGood = JSON.stringify(dev) === JSON.stringify(run.dev);
    return isSame && isAsGood && keyOf(corpora, learntFrom) === run.key;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

// ---------------------------------------------------------------------------------------------
// The table

/** The first of those with the highest score. */
function bestOf(done: Done): RunRecord | undefined {
  let best: RunRecord | undefined;
  for (const run of done.values())
    if (run.dev && (!best || scoreOf(run.dev) > scoreOf(best.dev!))) best = run;
  return best;
}

/** A row a combination: by mean, those with a run that diverged after all others, those without any run last. */
function tabulate(
  combinations: readonly Combination[],
  { runs, done }: { runs: readonly Run[]; done: Done },
): SweepRow[] {
  const rows = combinations.map((combination): SweepRow => {
    const records = recordsOf(combination, { runs, done });
    const scored = records.filter(({ dev }) => dev);
    const tested = scored.flatMap(({ test }) => (test ? [test] : []));
    return {
      combination,
      runs: scored.length,
      diverged: records.length - scored.length,
      dev: spread(scored.map(({ dev }) => scoreOf(dev!))),
      ...(tested.length > 0 && { test: spread(tested.map(scoreOf)) }),
      parameters: mean(records.map(({ parameters }) => parameters)),
      tokensPerSecond: mean(scored.map((record) => record.tokensPerSecond!)),
      seconds: mean(scored.map(({ seconds }) => seconds)),
      epochs: mean(scored.map(({ epochs }) => epochs)),
    };
  });
  const group = ({ runs, diverged }: SweepRow): number => (diverged > 0 ? 1 : runs === 0 ? 2 : 0);
  return rows.sort((a, b) => group(a) - group(b) || b.dev.mean! - a.dev.mean!);
}

const recordsOf = (
  combination: Combination,
  { runs, done }: { runs: readonly Run[]; done: Done },
): RunRecord[] =>
  runs.filter((run) => run.combination === combination).flatMap(({ id }) => done.get(id) ?? []);

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0) / values.length;

/** Mean and standard deviation of a sample, by n - 1. */
export function spread(values: readonly number[]): Spread {
  const middle = mean(values);
  if (middle === null || values.length < 2) return { mean: middle, deviation: null };
  const squares = values.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  return { mean: middle, deviation: Math.sqrt(squares / (values.length - 1)) };
}

const scoresOf = ({ spans, accuracy }: Report): Scores =>
  spans ? { accuracy, f1: spans.f1 } : { accuracy };
