import { createHash } from 'node:crypto';
import { UserError } from '../../errors.ts';
import { sha256Of } from '../../files/hash.ts';
import { describeFile, readBytes } from '../../files/read.ts';
import { openModel } from '../../model/model-file.ts';
import { vectorPath } from '../../vectors/npm-package.ts';
import type { TrainOptions } from '../options.ts';
import type { TrainingFiles } from '../training-files.ts';
import type { RunRecord } from './records.ts';

/** The data that the scores of runs depend on. */
export interface SweepData {
  readonly corpora: readonly { readonly role: string; readonly sha256: string }[];
  readonly options: Pick<TrainOptions, 'read' | 'lemmaColumn' | 'fromScheme' | 'products'>;
  /** SHA-256 of the pretrained vectors. */
  readonly vectors: string | undefined;
  /** SHA-256 of each gazetteer. */
  readonly gazetteers: readonly string[];
  /** SHA-256 of the model from whose weights training begins, and what is kept of it. */
  readonly init?: Record<'sha256' | 'words' | 'tags', string | undefined> | undefined;
}

export function sweepData(
  { corpora, devFile, testFile, gazetteers, init }: TrainingFiles,
  { options, vectors }: Pick<SweepData, 'options' | 'vectors'>,
): SweepData {
  return {
    corpora: [
      ...corpora.map(({ sha256 }) => ({ role: 'train', sha256 })),
      ...(devFile ? [{ role: 'dev', sha256: devFile.sha256 }] : []),
      ...(testFile ? [{ role: 'test', sha256: testFile.sha256 }] : []),
    ],
    options,
    vectors,
    gazetteers: gazetteers?.files.map(({ sha256 }) => sha256) ?? [],
    init: init && { sha256: init.record.sha256, words: init.words, tags: init.tags },
  };
}

/** SHA-256 of the data: equal for files of the same content that are read in the same way. */
export function dataKey({ corpora, options, vectors, gazetteers, init }: SweepData): string {
  const { read = {}, lemmaColumn, fromScheme, products } = options;
  const { format, tokenColumn, tagColumn, featureColumn, header } = read;
  const { comment, encoding, strictSpans, labels, text } = read;
  const others = { comment, encoding, strictSpans, labels, text, fromScheme, products, init };
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  const parts = [
    corpora.map(({ role, sha256 }) => [role, sha256]),
    ...[format, tokenColumn, tagColumn, header, vectors].map((value) => value ?? null),
    ...(featureColumn === undefined ? [] : [{ featureColumn }]),
    ...(lemmaColumn === undefined ? [] : [{ lemmaColumn }]),
    ...(gazetteers.length === 0 ? [] : [{ gazetteers }]),
    ...(given.length === 0 ? [] : [Object.fromEntries(given)]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** @throws UserError if the file is not one that every run can read */
export async function hashVectors(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const path = vectorPath(file);
  const kind = describeFile(path)?.kind;
  if (kind !== 'file')
    throw new UserError(
      kind === undefined
        ? `${file}: no such file. Give a file of word vectors.`
        : `${file}: not a file, but every run reads the word vectors. Write them to a file first.`,
      {
        code: kind === undefined ? 'SEQTAG_FILE_NOT_FOUND' : 'SEQTAG_FILE_TYPE',
        option: 'embeddings',
      },
    );
  return sha256Of(readBytes(path));
}

/** Whether the file is the model that this run wrote. */
export function isModelOf(
  file: string,
  run: Pick<RunRecord, 'hyperparameters' | 'dev' | 'key'>,
  data: SweepData,
): boolean {
  if (!describeFile(file)) return false;
  try {
    using model = openModel(file);
    const { hyperparameters, corpora, dev } = model.record;
    const hasSettings = Object.entries(run.hyperparameters).every(
      ([name, value]) => hyperparameters[name] === value,
    );
    // hyperparameters that the run does not set may differ; then the scores differ too
    const hasScores = JSON.stringify(dev) === JSON.stringify(run.dev);
    return hasSettings && hasScores && dataKey({ ...data, corpora }) === run.key;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
