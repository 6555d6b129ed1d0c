import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FeatureName, featureNames } from '../corpus/features/features.ts';
import {
  type GazetteerFile,
  packGazetteer,
  unpackGazetteer,
} from '../corpus/features/gazetteer.ts';
import { groupsOf, rowsOf } from '../corpus/features/token-features.ts';
import type { Column, Format } from '../corpus/sentence.ts';
import type { Scheme } from '../corpus/tags/scheme.ts';
import { schemes } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import { clearUphill } from '../network/cells/clockwork.ts';
import { cellNames } from '../network/cells/index.ts';
import {
  type Direction,
  MOST_CRF_TAGS,
  MOST_HEADS,
  MOST_MEMBERS,
  type NetworkConfig,
  plainBiLstm,
} from '../network/config.ts';
import { parameterSpecs } from '../network/network.ts';
import { sizeOf } from '../network/parameters.ts';
import { floatToHalf, widenHalves } from './half.ts';
import type { Tensor } from './safetensors/format.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors/read.ts';
import { writeSafetensors } from './safetensors/write.ts';

/** What the tags of a column are. */
export interface TagColumn {
  /** Scheme of the corpus, in which the model answers. */
  readonly scheme: Scheme;
  /** Scheme in which it was trained; the column's vocabulary.tags are in it. */
  readonly trainedScheme: Scheme;
  /** Transitions that occur in the training data although the scheme forbids them: indices into `allowedTransitions`. */
  readonly extraTransitions?: readonly number[] | undefined;
  /** Format of the training corpus and the columns that were read, as in `ReadOptions`; undefined: the format's own. */
  readonly format: Format;
  readonly tokenColumn?: Column | undefined;
  readonly tagColumn?: Column | undefined;
}

/** How a model came to be. Nothing in it depends on the clock or the number of threads: the same run, the same bytes. */
export interface TrainingRecord {
  readonly seqtag: string;
  readonly command: string;
  readonly seed: number;
  readonly kernels: string;
  readonly corpora: readonly {
    role: 'train' | 'dev' | 'test' | 'raw';
    file: string;
    sha256: string;
    sentences: number;
    tokens: number;
  }[];
  readonly gazetteers?: readonly GazetteerFile[] | undefined;
  readonly hyperparameters: Readonly<Record<string, string | number | boolean>>;
  readonly bestEpoch: number;
  readonly epochs: readonly EpochRecord[];
  /** Of each column, shares from 0 to 1; F1 for span tags. */
  readonly dev: readonly Scores[];
  readonly test?: readonly Scores[] | undefined;
  /** What it was trained on at last, development sentences too: `dev` and `epochs` are from before. */
  readonly refit?: { readonly sentences: number; readonly tokens: number } | undefined;
  /** What was taken from the score of each column's `recallTag`, in nats; left out where nothing was. */
  readonly recallBias?: readonly number[] | undefined;
  /** Left out: `O`. */
  readonly recallTag?: string | undefined;
  /** Of a student: the model whose answers it learned, and how often in place of gold tags. */
  readonly teacher?: { readonly file: string; readonly sha256: string; readonly weight: number };
  /** Of an ensemble, each member; `bestEpoch`, `epochs` and `gradients` are then those of the first. */
  readonly members?: readonly MemberRecord[] | undefined;
  /** How far the loss reaches back, before training and after. */
  readonly gradients?:
    | { readonly initial: GradientProfile; readonly trained: GradientProfile }
    | undefined;
}

/** What a member of an ensemble would be alone. */
export interface MemberRecord
  extends Pick<TrainingRecord, 'seed' | 'bestEpoch' | 'epochs' | 'dev' | 'test' | 'recallBias'> {}

/** For each direction of the top layer: the mean norm of dL/dh at 0, 1, 2, ... tokens from the token of the loss. */
export type GradientProfile = Partial<Record<Direction, readonly number[]>>;

export interface EpochRecord {
  readonly loss: number;
  /** F1 for span tags, else accuracy. */
  readonly score: number;
  /** Mean global norm of the gradient, and the share of steps in which it was clipped. */
  readonly norm: number;
  readonly clipped: number;
}

export interface Scores {
  readonly accuracy: number | null;
  readonly f1?: number | null | undefined;
}

export interface Model {
  readonly config: NetworkConfig;
  readonly vocabulary: Vocabulary;
  /** Of each column of tags that it gives. */
  readonly tagColumns: readonly TagColumn[];
  readonly record: TrainingRecord;
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/** A model file whose header was checked. Parameters are read by `readParameters`; `close` it afterwards. */
export interface ModelFile extends Omit<Model, 'parameters'>, Disposable {
  readonly path: string;
  readonly bytes: number;
  /** Copies every parameter to where `target` says. */
  readParameters(target: (name: string) => Float32Array, numbers?: Numbers): void;
  close(): void;
}

/** What is done to many numbers when a model is read; kernels do it faster. */
export interface Numbers {
  /** Makes F32 of the F16 numbers that fill the last half of `values`. */
  widen(values: Float32Array): void;
  areFinite(values: Float32Array): boolean;
}

/** 2: the configuration has the cell, directions and what is between layers; there may be several columns of tags. */
const VERSION = 2;
/** The tensor of what gazetteers have, as `packGazetteer` gives it. */
const PHRASES = 'gazetteer.phrases';

/**
 * Writes under a temporary name, then renames: a reader never sees half a model. Embeddings are written in half
 * precision. Returns the size in bytes.
 */
export function saveModel(path: string, model: Model): number {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, init } of parameterSpecs(model.config)) {
    const data = model.parameters.get(name)!;
    tensors.set(
      name,
      init === 'embedding'
        ? { dtype: 'F16', shape: [...shape], data: floatToHalf(data, new Uint16Array(data.length)) }
        : { dtype: 'F32', shape: [...shape], data },
    );
  }
  const { tokenFeatures } = model.vocabulary;
  if (tokenFeatures?.gazetteer) {
    const data = packGazetteer(tokenFeatures.gazetteer);
    tensors.set(PHRASES, { dtype: 'U8', shape: [data.length], data });
  }
  const metadata = {
    format: 'seqtag',
    version: String(VERSION),
    config: JSON.stringify(model.config),
    vocabulary: JSON.stringify({
      ...model.vocabulary,
      ...(tokenFeatures?.gazetteer && {
        tokenFeatures: { ...tokenFeatures, gazetteer: { types: tokenFeatures.gazetteer.types } },
      }),
    }),
    tasks: JSON.stringify(tagColumnsJson(model.tagColumns)),
    record: JSON.stringify(model.record),
  };
  return writeSafetensors(path, tensors, new Map(Object.entries(metadata)));
}

/** What a model file has under `tasks`, in JSON. Its names are those of the first version, so that files keep loading. */
type TagColumnJson = Omit<TagColumn, 'extraTransitions'> &
  Pick<{ extraLinks?: TagColumn['extraTransitions'] }, 'extraLinks'>;

/** Tag columns as model files have them. */
export const tagColumnsJson = (tagColumns: readonly TagColumn[]): TagColumnJson[] =>
  tagColumns.map(({ extraTransitions: extraLinks, ...rest }) => ({
    ...rest,
    ...(extraLinks && { extraLinks }),
  }));

const fromJson = (tasks: unknown): TagColumn[] =>
  Array.isArray(tasks)
    ? (tasks as (TagColumnJson | null)[]).map((one) => {
        const { extraLinks, ...rest } = one ?? ({} as TagColumnJson);
        return { ...rest, ...(extraLinks && { extraTransitions: extraLinks }) };
      })
    : [];

const bundled = (name: string): string =>
  fileURLToPath(new URL(`../../models/${name}.safetensors`, import.meta.url));

/** A path as it is; else the name of a bundled model (`en-upos`), from any working directory. */
export function findModel(nameOrPath: string): string {
  if (existsSync(nameOrPath)) return nameOrPath;
  const isName = /^[\w-]+$/.test(nameOrPath);
  if (isName && existsSync(bundled(nameOrPath))) return bundled(nameOrPath);
  throw new UserError(
    `${nameOrPath}: no such model file${isName ? ' or bundled model' : ''}. Give the path of a .safetensors file that \`seqtag train\` wrote, or a bundled name (en-upos, en-ner).`,
  );
}

/**
 * Opens a model and checks its header whole: names, shapes, sizes and ranges.
 * @throws UserError that says which is wrong.
 */
export function openModel(nameOrPath: string): ModelFile {
  const path = findModel(nameOrPath);
  const file = openSafetensors(path);
  try {
    const fail = (what: string): never => {
      throw new UserError(
        `${path}: ${what}. Is it a model that \`seqtag train\` wrote? Train or copy it again.`,
      );
    };
    if (file.metadata.get('format') !== 'seqtag')
      fail('a safetensors file, but not a seqtag model (no `format: seqtag` in its metadata)');
    const version = Number(file.metadata.get('version'));
    if (version > VERSION)
      throw new UserError(
        `${path}: format version ${version}, but this seqtag reads up to ${VERSION}. Install a newer seqtag.`,
      );
    const parse = (key: string): unknown => {
      try {
        return JSON.parse(
          file.metadata.get(key) ?? fail(`no \`${key}\` in its metadata`),
        ) as unknown;
      } catch (error) {
        if (error instanceof UserError) throw error;
        return fail(`\`${key}\` in its metadata is not JSON`);
      }
    };
    const config = parse('config') as NetworkConfig;
    const vocabulary = parse('vocabulary') as Vocabulary;
    const record = parse('record') as TrainingRecord;
    const model =
      version >= 2
        ? {
            config: config && Object.assign({ members: 1 }, config),
            vocabulary,
            record,
            tagColumns: fromJson(parse('tasks')),
          }
        : fromVersion1({ config, vocabulary, record, task: parse('task') as TagColumn });
    checkConfig(model.config, fail);
    checkVocabulary(model.vocabulary, model.config, fail);
    checkTagColumns(model.tagColumns, model.config, fail);
    checkTensors(file, model, fail);
    return {
      path,
      bytes: statSync(path).size,
      ...model,
      vocabulary: withPhrases(model.vocabulary, file, fail),
      readParameters(target, numbers = { widen: widenHalves, areFinite }) {
        for (const { name } of parameterSpecs(model.config)) {
          const values = target(name);
          file.readFloats(name, values, numbers.widen);
          if (!numbers.areFinite(values))
            fail(`tensor "${name}" holds numbers that are not finite`);
        }
      },
      close: () => file.close(),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** 0 times a number is 0 unless it is infinite or none: a sum is quicker than a million questions. */
function areFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i]!;
  return sum === 0;
}

/** The name by which people know a model: its file name without the extension. */
export const modelName = ({ path }: { path: string }): string =>
  basename(path).replace(/\.safetensors$/, '');

/** What a model of format version 1 is in words of version 2. */
function fromVersion1({
  config,
  vocabulary,
  record,
  task,
}: {
  config: NetworkConfig;
  vocabulary: Vocabulary;
  record: TrainingRecord;
  task: TagColumn;
}): Pick<Model, 'config' | 'vocabulary' | 'record' | 'tagColumns'> {
  const listed = <T>(value: T): T => [value] as T;
  return {
    config: { ...plainBiLstm, ...config, tags: listed(config?.tags) },
    vocabulary: { ...vocabulary, tags: listed(vocabulary?.tags) },
    record: {
      ...record,
      dev: listed(record?.dev),
      ...(record?.test && { test: listed(record.test) }),
    },
    tagColumns: [task],
  };
}

type Fail = (what: string) => never;

function checkConfig(config: NetworkConfig, fail: Fail): void {
  if (typeof config !== 'object' || config === null) fail('its configuration is no object');
  const choices = {
    charEncoder: ['cnn', 'lstm', 'none'],
    cell: cellNames,
    activation: ['tanh', 'relu'],
    direction: ['both', 'forward', 'backward'],
    merge: ['concat', 'sum', 'mean', 'product'],
    between: ['none', 'residual', 'highway'],
    decoder: ['softmax', 'crf', 'constrained'],
  } as const;
  for (const [key, allowed] of Object.entries(choices)) {
    const value = config[key as keyof typeof choices];
    if (!(allowed as readonly string[]).includes(value))
      fail(`its configuration has ${key} = ${JSON.stringify(value)}, which is unknown here`);
  }
  const most = {
    words: 1e7,
    wordDim: 4096,
    chars: 2e6,
    charDim: 4096,
    charWidth: 99,
    charFilters: 4096,
    charHidden: 4096,
    layers: 64,
    featureBuckets: 1e6,
    featureDim: 4096,
    hidden: 16_384,
  };
  const check = (key: string, value: unknown, [least, limit]: readonly [number, number]): void => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > limit)
      fail(
        `its configuration has ${key} = ${JSON.stringify(value)}, expected a whole number from ${least} to ${limit}`,
      );
  };
  for (const [key, limit] of Object.entries(most))
    check(key, config[key as keyof typeof most], [1, limit]);
  check('dense', config.dense, [0, 64]);
  check('members', config.members, [1, MOST_MEMBERS]);
  check('featureGroups', config.featureGroups, [0, featureNames.length]);
  if (config.tokenFeatures !== undefined) {
    const { groups, rows, dim } = config.tokenFeatures ?? {};
    check('tokenFeatures.groups', groups, [1, 1000]);
    check('tokenFeatures.rows', rows, [1, 1e7]);
    check('tokenFeatures.dim', dim, [1, 4096]);
  }
  if (!Array.isArray(config.tags) || config.tags.length < 1 || config.tags.length > MOST_HEADS)
    fail(`its configuration has no list of 1 to ${MOST_HEADS} numbers of tags`);
  for (const tags of config.tags) check('tags', tags, [1, 65_536]);
  const periods: unknown = config.periods;
  const isRising =
    Array.isArray(periods) &&
    periods.length >= 1 &&
    periods.length <= 31 &&
    periods.every((p, i) => Number.isInteger(p) && p > (i > 0 ? (periods[i - 1] as number) : 0));
  if (!isRising) fail('the periods of its configuration are no rising whole numbers');
  if (config.charWidth % 2 === 0)
    fail(`its configuration has charWidth = ${config.charWidth}, expected an odd number`);
}

function checkVocabulary(vocabulary: Vocabulary, config: NetworkConfig, fail: Fail): void {
  const check = (what: string, list: unknown, size: number): void => {
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string'))
      fail(`its vocabulary of ${what} is no list of strings`);
    if ((list as string[]).length !== size)
      fail(
        `its vocabulary has ${(list as string[]).length} ${what}, but its configuration ${size}`,
      );
  };
  check('words', vocabulary?.words, config.words);
  check('chars', vocabulary.chars, config.chars);
  config.tags.forEach((size, column) => {
    check('tags', vocabulary.tags?.[column], size);
  });
  const groups: unknown = vocabulary.features?.groups ?? [];
  const areKnown =
    Array.isArray(groups) && groups.every((name) => featureNames.includes(name as FeatureName));
  if (!areKnown) fail('its vocabulary names features that are unknown here');
  const { buckets = config.featureBuckets } = vocabulary.features ?? {};
  if ((groups as string[]).length !== config.featureGroups || buckets !== config.featureBuckets)
    fail('its vocabulary and its configuration differ about features');
  checkTokenFeatures(vocabulary, config, fail);
  if (typeof vocabulary.lowercase !== 'boolean')
    fail('its vocabulary does not say whether words are lowercased');
}

const isStrings = (list: unknown): boolean =>
  Array.isArray(list) && list.every((item) => typeof item === 'string');

function checkTokenFeatures(
  { tokenFeatures }: Vocabulary,
  config: NetworkConfig,
  fail: Fail,
): void {
  if (tokenFeatures === undefined && config.tokenFeatures === undefined) return;
  const { columns, gazetteer } = tokenFeatures ?? {};
  const areColumns =
    Array.isArray(columns) &&
    columns.every(
      (one?: { column?: unknown; values?: unknown } | null) =>
        (typeof one?.column === 'string' || Number.isInteger(one?.column)) &&
        isStrings(one?.values),
    );
  if (!areColumns || (gazetteer !== undefined && !isStrings(gazetteer?.types)))
    fail('its vocabulary has no list of the columns and types that it reads beside tokens');
  const { groups, rows } = config.tokenFeatures ?? {};
  if (groups !== groupsOf(tokenFeatures!) || rows !== rowsOf(tokenFeatures!))
    fail('its vocabulary and its configuration differ about what is read beside tokens');
}

/** The vocabulary with the phrases of its gazetteers, which lie in a tensor. */
function withPhrases(vocabulary: Vocabulary, file: SafetensorsFile, fail: Fail): Vocabulary {
  const { tokenFeatures } = vocabulary;
  if (!tokenFeatures?.gazetteer) return vocabulary;
  const { begin, end } = file.tensors.get(PHRASES)!;
  const bytes = new Uint8Array(end - begin);
  file.readInto(PHRASES, bytes);
  const gazetteer =
    unpackGazetteer(bytes, tokenFeatures.gazetteer.types) ?? fail('its gazetteer is damaged');
  return { ...vocabulary, tokenFeatures: { ...tokenFeatures, gazetteer } };
}

function checkTagColumns(
  tagColumns: readonly TagColumn[],
  config: NetworkConfig,
  fail: Fail,
): void {
  if (!Array.isArray(tagColumns) || tagColumns.length !== config.tags.length)
    fail(`its configuration has ${config.tags.length} columns of tags, but it describes others`);
  for (const one of tagColumns as readonly TagColumn[])
    if (!schemes.includes(one?.scheme) || !schemes.includes(one.trainedScheme))
      fail('its tag scheme is unknown');
  tagColumns.forEach(({ extraTransitions = [] }, column) => {
    const K = config.tags[column]!;
    const isTransition = (index: unknown): boolean =>
      Number.isInteger(index) && (index as number) >= 0 && (index as number) < K * K + 2 * K;
    if (!Array.isArray(extraTransitions) || !extraTransitions.every(isTransition))
      fail('its extra transitions are out of range');
  });
  if (config.decoder !== 'softmax' && Math.max(...config.tags) > MOST_CRF_TAGS)
    fail(`it has more than ${MOST_CRF_TAGS} tags, too many for its decoder`);
}

function checkTensors(
  file: SafetensorsFile,
  { config, vocabulary }: Pick<Model, 'config' | 'vocabulary'>,
  fail: Fail,
): void {
  const phrases = vocabulary.tokenFeatures?.gazetteer ? [PHRASES] : [];
  for (const name of phrases)
    if (file.tensors.get(name)?.dtype !== 'U8') fail(`tensor "${name}" is missing, or not of U8`);
  const specs = parameterSpecs(config);
  for (const { name, shape } of specs) {
    const tensor = file.tensors.get(name);
    if (!tensor) fail(`tensor "${name}" is missing`);
    if (tensor!.shape.join() !== shape.join())
      fail(
        `tensor "${name}" has shape (${tensor!.shape.join(', ')}), expected (${shape.join(', ')})`,
      );
    if (!['F32', 'F16', 'BF16'].includes(tensor!.dtype))
      fail(`tensor "${name}" is of ${tensor!.dtype}, expected F32, F16 or BF16`);
  }
  for (const name of file.tensors.keys())
    if (!specs.some((spec) => spec.name === name) && !phrases.includes(name))
      fail(`tensor "${name}" is unknown`);
}

/** Numbers that a network of this shape learns. */
export const countParameters = (config: NetworkConfig): number =>
  parameterSpecs(config).reduce((sum, { shape, modules }) => {
    if (!modules) return sum + sizeOf(shape);
    const ones = new Float32Array(sizeOf(shape)).fill(1);
    clearUphill(ones, { H: shape[0]!, modules });
    return sum + ones.reduce((n, x) => n + x, 0);
  }, 0);
