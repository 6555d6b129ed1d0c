import { createHash } from 'node:crypto';
import { UserError } from '../../errors.ts';
import { version } from '../../files/package.ts';
import { describeFile, readTextFile } from '../../files/read.ts';
import { appendToFile, writeFile } from '../../files/write.ts';
import type { Scores } from '../../model/model.ts';
import { flagOf } from '../../option-values.ts';
import type { Settings } from '../hyperparameters.ts';
import type { TrainOptions } from '../options.ts';
import { checkSettings } from '../settings.ts';
import type { TrainingFiles } from '../training-files.ts';
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

/** The data that the scores of runs depend on. */
export interface SweepData {
  readonly corpora: readonly { readonly role: string; readonly sha256: string }[];
  readonly read: TrainOptions['read'];
  readonly lemmaColumn?: TrainOptions['lemmaColumn'];
  /** SHA-256 of the pretrained vectors. */
  readonly vectors: string | undefined;
  /** SHA-256 of each gazetteer. */
  readonly gazetteers: readonly string[];
}

export function sweepData(
  { corpora, devFile, testFile, gazetteers }: TrainingFiles,
  { read, lemmaColumn, vectors }: Pick<SweepData, 'read' | 'lemmaColumn' | 'vectors'>,
): SweepData {
  return {
    corpora: [
      ...corpora.map(({ sha256 }) => ({ role: 'train', sha256 })),
      ...(devFile ? [{ role: 'dev', sha256: devFile.sha256 }] : []),
      ...(testFile ? [{ role: 'test', sha256: testFile.sha256 }] : []),
    ],
    read,
    lemmaColumn,
    vectors,
    gazetteers: gazetteers?.files.map(({ sha256 }) => sha256) ?? [],
  };
}

/** SHA-256 of the data: equal for files of the same content and for the same columns. */
export function dataKey({
  corpora,
  read = {},
  lemmaColumn,
  vectors,
  gazetteers,
}: SweepData): string {
  const { format, tokenColumn, tagColumn, featureColumn, header } = read;
  const parts = [
    corpora.map(({ role, sha256 }) => [role, sha256]),
    ...[format, tokenColumn, tagColumn, header, vectors].map((value) => value ?? null),
    ...(featureColumn === undefined ? [] : [{ featureColumn }]),
    ...(lemmaColumn === undefined ? [] : [{ lemmaColumn }]),
    ...(gazetteers.length === 0 ? [] : [{ gazetteers }]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Appends a record. Returns when it is on the disk. */
export const appendRecord = (file: string, record: RunRecord): void =>
  appendToFile(file, `${JSON.stringify(record)}\n`);

/**
 * Reads the records of earlier calls. A last line that was cut short while it was written is removed.
 * @throws UserError (SEQTAG_RECORD_MISMATCH) for records of other data, other runs or another version, and for damaged
 * records
 */
export function readRecords(
  file: string,
  { key, runs }: { key: string; runs: readonly Run[] },
): Records {
  const records: Records = new Map();
  if (!describeFile(file)) return records;
  const planned = new Set(runs.map(({ id }) => id));
  for (const [i, line] of completeLines(file).entries()) {
    if (line.trim() === '') continue;
    const record = parseRecord(line, { file, line: i + 1 });
    if (record.key !== key)
      throw mismatch(
        `${file}: has runs on other corpora, columns of them, word vectors or gazetteers`,
      );
    const id = runId(record.hyperparameters);
    if (!planned.has(id))
      throw mismatch(
        `${file}: has a run ${difference(record, runs)}, which this sweep does not have`,
      );
    records.set(id, record);
  }
  return records;
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
    throw mismatch(
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
    typeof record.combination === 'object' &&
    record.combination !== null &&
    (record.dev === null || isScores(record.dev)) &&
    (record.test === undefined || isScores(record.test)) &&
    (record.diverged === undefined || typeof record.diverged === 'string') &&
    [record.seed, record.parameters, record.seconds, record.epochs].every(Number.isFinite) &&
    [record.tokensPerSecond, record.bestEpoch].every((n) => n === null || Number.isFinite(n)) &&
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

const isScore = (value: unknown): boolean => value === null || Number.isFinite(value);

function isSettings(value: unknown): boolean {
  try {
    const settings = checkSettings(value as Record<string, unknown>);
    return runId(settings) === runId(value as Settings);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

const mismatch = (what: string): UserError =>
  new UserError(`${what}. Choose another output, or remove the file to start again.`, {
    code: 'SEQTAG_RECORD_MISMATCH',
  });

/** How a run differs from the planned run that is most similar. */
function difference({ hyperparameters }: RunRecord, runs: readonly Run[]): string {
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
