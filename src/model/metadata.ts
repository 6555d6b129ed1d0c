import { plainBiLstm } from '../network/config.ts';
import { parseBounded } from './bounded-json.ts';
import { findProblem, type Parts } from './metadata-checks.ts';
import type { Model, TagColumn } from './model.ts';
import { isJsonObject } from './schema.ts';

/*
 * The JSON in the header of a model file. Version 1 has one tag column (`task`) and fewer network options. Version 2
 * has a list of tag columns (`tasks`). Version 3 is written for models with lemmas, which earlier programs would read as
 * plain tags. The names of keys stay, so that files keep loading.
 */

/** The latest version. */
export const VERSION = 3;

/** The version that is written: the first that can describe the model. */
const versionOf = ({ tagColumns }: Pick<Description, 'tagColumns'>): number =>
  tagColumns.some(({ lemmas }) => lemmas) ? VERSION : 2;

/** Bytes that a part of the metadata may take, even in a small file. */
const MEMORY = 2 ** 24;

/** The part of a model in the header of its file. The phrases of gazetteers and the word vectors are in tensors. */
export type Description = Pick<Model, 'config' | 'vocabulary' | 'tagColumns' | 'record'>;

/** A tag column in the JSON of a model file. */
export type TagColumnJson = Omit<TagColumn, 'extraTransitions'> & {
  readonly extraLinks?: TagColumn['extraTransitions'];
};

export const tagColumnsJson = (tagColumns: readonly TagColumn[]): TagColumnJson[] =>
  tagColumns.map(({ extraTransitions, ...column }) => ({
    ...column,
    ...(extraTransitions && { extraLinks: extraTransitions }),
  }));

/** The metadata of a model, all as strings, as safetensors demands. */
export function encodeMetadata(model: Description): Map<string, string> {
  const { tokenFeatures, vectors } = model.vocabulary;
  const vocabulary = {
    ...model.vocabulary,
    ...(tokenFeatures?.gazetteer && {
      tokenFeatures: { ...tokenFeatures, gazetteer: { types: tokenFeatures.gazetteer.types } },
    }),
    ...(vectors && { vectors: { dim: vectors.dim } }),
  };
  return new Map([
    ['format', 'seqtag'],
    ['version', String(versionOf(model))],
    ['config', JSON.stringify(model.config)],
    ['vocabulary', JSON.stringify(vocabulary)],
    ['tasks', JSON.stringify(tagColumnsJson(model.tagColumns))],
    ['record', JSON.stringify(model.record)],
  ]);
}

/**
 * Decodes and checks the metadata of a model file.
 * @param fail throws the error with this problem
 * @param fileBytes size of the file, in proportion to which the metadata may take memory
 */
export function decodeMetadata(
  metadata: ReadonlyMap<string, string>,
  fail: (what: string) => never,
  fileBytes = 0,
): Description {
  const parse = (key: string): unknown => {
    const json = metadata.get(key);
    if (json === undefined) return fail(`no \`${key}\` in its metadata`);
    const parsed = parseBounded(json, { memory: MEMORY + 2 * fileBytes });
    return typeof parsed === 'string' ? fail(`\`${key}\` in its metadata ${parsed}`) : parsed.value;
  };
  const isFirstVersion = metadata.get('version') === '1';
  const parts = {
    config: parse('config'),
    vocabulary: parse('vocabulary'),
    tasks: isFirstVersion ? [parse('task')] : parse('tasks'),
    record: parse('record'),
  };
  const { config, vocabulary, tasks, record } = isFirstVersion ? fromVersion1(parts) : parts;
  const description = {
    // models without ensembles, from early versions, have no number of members
    config: isJsonObject(config) ? { members: 1, ...config } : config,
    vocabulary,
    tasks,
    record,
  };
  const problem = findProblem(description);
  if (problem !== undefined) fail(problem);
  const checked = description as unknown as Description & { tasks: TagColumnJson[] };
  return {
    config: checked.config,
    vocabulary: checked.vocabulary,
    record: checked.record,
    tagColumns: checked.tasks.map(({ extraLinks, ...column }) => ({
      ...column,
      ...(extraLinks && { extraTransitions: extraLinks }),
    })),
  };
}

/** Converts version 1 to version 2. Leaves values of wrong types to the checks. */
function fromVersion1({ config, vocabulary, tasks, record }: Parts): Parts {
  const changed = (value: unknown, change: (value: Record<string, unknown>) => object): unknown =>
    isJsonObject(value) ? change(value) : value;
  return {
    tasks,
    config: changed(config, (one) => ({ ...plainBiLstm, ...one, tags: [one.tags] })),
    vocabulary: changed(vocabulary, (one) => ({ ...one, tags: [one.tags] })),
    record: changed(record, (one) => ({
      ...one,
      dev: [one.dev],
      ...(one.test !== undefined && { test: [one.test] }),
    })),
  };
}
