import { UserError } from '../../errors.ts';
import { version } from '../../files/package.ts';
import { describeFile, readTextFile } from '../../files/read.ts';
import { appendToFile, writeFile } from '../../files/write.ts';
import type { Scores } from '../../model/model.ts';
import { flagOf } from '../../option-values.ts';
import type { Settings } from '../hyperparameters.ts';
import { checkSettings } from '../settings.ts';
import { type Combination, type Run, runId } from './plan.ts';

/** A finished run: a line of the record file. */
export interface RunRecord {
  /** The version of seqtag that trained it. */
  readonly seqtag: string;
  /** The `dataKey` of its training data. */
  readonly key: string;
  readonly combination: Combination;
  readonly seed: number;
  /** Scores of each tag column at the best epoch, from 0 to 1; null if training diverged. */
  readonly dev: readonly Scores[] | null;
  readonly test?: readonly Scores[] | undefined;
  readonly parameters: number;
  /** Of training and scoring, without reading files; null if training diverged, as is `bestEpoch`. */
  readonly tokensPerSecond: number | null;
  readonly seconds: number;
  readonly epochs: number;
  readonly bestEpoch: number | null;
  /** One line that describes the divergence, if training diverged. */
  readonly diverged?: string | undefined;
  readonly hyperparameters: Settings;
}

/** Finished runs, by the id of their run. */
export type Records = Map<string, RunRecord>;

/** The record file of a sweep. */
export const recordsPath = (output: string): string => `${output}.sweep.jsonl`;

/** Appends a record. Returns when it is on the disk. */
export const appendRecord = (file: string, record: RunRecord): void =>
  appendToFile(file, `${JSON.stringify(record)}\n`);

/**
 * Reads the records of earlier calls of a sweep.
 * @throws UserError (SEQTAG_RECORD_MISMATCH) as `readRunRecords` does, and for other runs
 */
export function readRecords(
  file: string,
  { key, runs }: { key: string; runs: readonly Run[] },
): Records {
  const records: Records = new Map();
  const planned = new Set(runs.map(({ id }) => id));
  for (const record of readRunRecords(file, key)) {
    const id = runId(record.hyperparameters);
    if (!planned.has(id))
      throw recordMismatch(
        `${file}: has a run ${difference(record, runs)}, which this sweep does not have`,
      );
    records.set(id, record);
  }
  return records;
}

/**
 * Reads a file of run records, if there is one. A last line that was cut short while it was written is removed.
 * @param key the `dataKey` of the records
 * @throws UserError (SEQTAG_RECORD_MISMATCH) for records of other data or another version, and for damaged records
 */
export function readRunRecords(file: string, key: string): RunRecord[] {
  if (!describeFile(file)) return [];
  return completeLines(file).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const record = parseRecord(line, { file, line: i + 1 });
    if (record.key !== key)
      throw recordMismatch(
        `${file}: has runs on other corpora, columns of them, word vectors or gazetteers`,
      );
    return record;
  });
}

function completeLines(file: string): string[] {
  const text = readTextFile(file);
  const lines = text.split('\n');
  const last = lines.pop()!;
  if (last === '') return lines;
  if (parseJson(last) !== undefined) {
    appendToFile(file, '\n'); // only the line end is missing
    return [...lines, last];
  }
  const complete = text.slice(0, text.length - last.length);
  writeFile(file, (write) => write(new TextEncoder().encode(complete)));
  return lines;
}

function parseRecord(text: string, { file, line }: { file: string; line: number }): RunRecord {
  const value = parseJson(text);
  const writtenBy = (value as Partial<RunRecord> | undefined)?.seqtag;
  const isObject = typeof value === 'object' && value !== null;
  if (isObject && 'hyperparameters' in value && writtenBy !== version)
    throw recordMismatch(
      `${file}:${line}: a run by ${typeof writtenBy === 'string' ? `version ${writtenBy}` : 'an earlier version'} of seqtag, whose scores may differ from those of version ${version}`,
    );
  if (!isRunRecord(value))
    throw new UserError(
      `${file}:${line}: not the record of a run. Remove this line, and the run is trained again.`,
      { code: 'SEQTAG_RECORD_MISMATCH' },
    );
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRunRecord(value: unknown): value is RunRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<keyof RunRecord, unknown>;
  return (
    typeof record.key === 'string' &&
    isPartOf(record.combination, record.hyperparameters) &&
    isSeedOf(record.seed, record.hyperparameters) &&
    (record.dev === null || isScores(record.dev)) &&
    (record.test === undefined || isScores(record.test)) &&
    (record.diverged === undefined || typeof record.diverged === 'string') &&
    [record.parameters, record.epochs].every(isCount) &&
    isAmount(record.seconds) &&
    (record.tokensPerSecond === null || isAmount(record.tokensPerSecond)) &&
    (record.bestEpoch === null || isCount(record.bestEpoch)) &&
    isSettings(record.hyperparameters)
  );
}

const isScores = (value: unknown): value is readonly Scores[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (scores: Partial<Scores> | null) =>
      isScore(scores?.accuracy) && (scores?.f1 === undefined || isScore(scores.f1)),
  );

const isScore = (value: unknown): boolean => value === null || (isAmount(value) && value <= 1);

const isAmount = (value: unknown): value is number => Number.isFinite(value) && Number(value) >= 0;
const isCount = (value: unknown): boolean => isAmount(value) && Number.isInteger(value);

/** Whether a combination has values of the hyperparameters. */
const isPartOf = (combination: unknown, hyperparameters: unknown): boolean =>
  typeof combination === 'object' &&
  combination !== null &&
  Object.entries(combination).every(
    ([name, value]) => (hyperparameters as Record<string, unknown> | null)?.[name] === value,
  );

const isSeedOf = (seed: unknown, hyperparameters: unknown): boolean =>
  isCount(seed) && (hyperparameters as Settings | null)?.seed === seed;

function isSettings(value: unknown): boolean {
  try {
    const settings = checkSettings(value as Record<string, unknown>);
    return runId(settings) === runId(value as Settings);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

export const recordMismatch = (what: string): UserError =>
  new UserError(`${what}. Choose another output, or remove the file to start again.`, {
    code: 'SEQTAG_RECORD_MISMATCH',
  });

/** How a run differs from the planned run that is most similar. */
export function difference(
  { hyperparameters }: Pick<RunRecord, 'hyperparameters'>,
  runs: readonly Pick<Run, 'hyperparameters'>[],
): string {
  const recorded: Readonly<Record<string, unknown>> = hyperparameters;
  const differingNames = (planned: Readonly<Record<string, unknown>>): string[] =>
    [...new Set([...Object.keys(recorded), ...Object.keys(planned)])].filter(
      (name) => recorded[name] !== planned[name],
    );
  const [fewest = []] = runs
    .map((run) => differingNames(run.hyperparameters))
    .sort((a, b) => a.length - b.length);
  return fewest
    .map((name) =>
      recorded[name] === undefined
        ? `without ${flagOf(name)}`
        : `with ${flagOf(name)}=${recorded[name]}`,
    )
    .join(' and ');
}
