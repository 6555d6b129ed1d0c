import type { BackendOptions } from '../backend/backend.ts';
import type { Features } from '../corpus/features/features.ts';
import { type Gazetteer, readGazetteers } from '../corpus/features/gazetteer.ts';
import {
  countColumns,
  groupsOf,
  rowsOf,
  type TokenFeatures,
} from '../corpus/features/token-features.ts';
import type { ReadOptions } from '../corpus/index.ts';
import { candidates, isCertain } from '../corpus/tags/partial.ts';
import { buildVocabulary, type Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { checkWritable } from '../files/write.ts';
import { findModel, type TagColumn } from '../model/model.ts';
import { extraTransitions } from '../model/transitions.ts';
import { MOST_CRF_TAGS, MOST_HEADS, type NetworkConfig } from '../network/config.ts';
import { biasedPlaces, checkedPlaces, parseRecallBias } from '../tagging/recall.ts';
import {
  type CorpusFile,
  checkRereadable,
  chooseScheme,
  columnsOf,
  countTokens,
  holdOut,
  inScheme,
  type LabelledSentence,
  numberCorpus,
  readLabelled,
} from './data.ts';
import {
  computeTeacherTargets,
  openTeacher,
  type TeacherOptions,
  teachersScheme,
  withTeachersTags,
} from './distill.ts';
import { readPretrained } from './embeddings.ts';
import { parseFeatures, parsePeriods } from './hyperparameter-values.ts';
import type { Hyperparameters, Settings } from './hyperparameters.ts';
import { completeSettings, type RecipeName } from './recipes.ts';
import { parseTagWeights, tagWeights } from './tag-weights.ts';

export interface TrainOptions extends BackendOptions {
  readonly corpora: readonly string[];
  readonly output: string;
  /** Without it every tenth sentence is held out, chosen by the seed. */
  readonly dev?: string | undefined;
  readonly test?: string | undefined;
  /** Pretrained word vectors: GloVe, word2vec (text or binary) or fastText `.vec`, gzip or not. */
  readonly embeddings?: string | undefined;
  /** Lists of phrases: see `readGazetteers`. */
  readonly gazetteers?: readonly string[] | undefined;
  /** Format and columns of all these files. */
  readonly read?:
    | Pick<ReadOptions, 'format' | 'tokenColumn' | 'tagColumn' | 'featureColumn' | 'header'>
    | undefined;
  /** What is not said here goes by the teacher, where there is one, else by the recipe. */
  readonly hyperparameters: Settings;
  /** A model whose answers are learned. */
  readonly teacher?: TeacherOptions | undefined;
  /** Ends training after the step under way; the best epoch so far is kept. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks before anything is computed that the output can be written and is none of the input files.
 * @throws UserError
 */
export function checkOutput(
  options: Pick<
    TrainOptions,
    'output' | 'corpora' | 'dev' | 'test' | 'embeddings' | 'gazetteers' | 'teacher'
  >,
): void {
  const { output, corpora, dev, test, embeddings, gazetteers = [], teacher } = options;
  const teacherFiles = teacher ? [findModel(teacher.model), ...(teacher.raw ?? [])] : [];
  refuseSameFile(output, [...corpora, dev, test, embeddings, ...gazetteers, ...teacherFiles]);
  checkWritable(output);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A column of tags: what is learned of it. */
export interface TrainedColumn {
  readonly tagColumn: Writable<TagColumn>;
  /** In the corpus's scheme. */
  readonly train: readonly LabelledSentence[];
  readonly dev: readonly LabelledSentence[];
  readonly test: readonly LabelledSentence[] | undefined;
  /** Of `train`, or what its labels may mean. */
  readonly seenTags: readonly string[];
  /** `train` in the scheme that is trained. */
  readonly labelled: readonly LabelledSentence[];
}

export type TrainingFiles = Awaited<ReturnType<typeof readTrainingFiles>>;

/** Reads what is to be learned from. */
export async function readTrainingFiles(options: TrainOptions) {
  const teacher = options.teacher && (await openTeacher(options.teacher, options.read));
  const readOne = (file: string): Promise<CorpusFile> =>
    readLabelled(file, { ...options.read, gold: true });
  return {
    teacher,
    corpora: await Promise.all(options.corpora.map(readOne)),
    devFile: options.dev === undefined ? undefined : await readOne(options.dev),
    testFile: options.test === undefined ? undefined : await readOne(options.test),
    gazetteers: options.gazetteers?.length ? await readGazetteers(options.gazetteers) : undefined,
  };
}

/** What was held out of the corpus itself was meant to be learned. */
export const refitsByDefault = ({ dev }: TrainOptions): boolean => dev === undefined;

export type Prepared = Awaited<ReturnType<typeof prepare>>;

/**
 * Says what is to be learned; after a `developmentRun`, of its hyperparameters, development sentences too.
 */
export async function prepare(
  options: TrainOptions,
  files: TrainingFiles,
  developmentRun?: { readonly hyperparameters: Hyperparameters },
) {
  const { teacher, corpora, devFile, testFile, gazetteers } = files;
  const settings = { ...teacher?.settings, ...options.hyperparameters };
  const { seed, tagScheme, recipe, partial } = completeSettings(settings, 'pos');
  const asked = columnsOf(options.read?.tagColumn);
  if (asked.length > MOST_HEADS)
    throw new UserError(
      `--tag-column: ${asked.length} columns, at most ${MOST_HEADS} in one model. Train two.`,
    );
  const columns = corpora[0]!.columns.map((_, c): TrainedColumn => {
    const all = corpora.flatMap((file) => file.columns[c]!);
    const parts = developmentRun
      ? { train: [...all, ...(devFile?.columns[c] ?? [])], dev: [] }
      : devFile
        ? { train: all, dev: devFile.columns[c]! }
        : holdOut(all, seed);
    const tagColumn = asked[c];
    const found = chooseScheme(parts.train, tagScheme, { partial });
    const schemes = teacher ? teachersScheme(teacher, c, found) : found;
    const gold = inScheme(parts.train, schemes.scheme, schemes.trainedScheme, { partial });
    const labels = new Set(parts.train.flatMap(({ tags }) => tags));
    return {
      ...parts,
      seenTags: partial ? [...labels].flatMap(candidates) : [...labels],
      test: testFile?.columns[c],
      labelled: teacher ? [...gold, ...teacher.raw.flatMap((file) => file.columns[c]!)] : gold,
      tagColumn: {
        ...schemes,
        ...formatOf(corpora[0]!, options.read),
        ...(tagColumn !== undefined && { tagColumn }),
      },
    };
  });
  if (partial && !developmentRun) columns.forEach(checkCertain);
  const [{ labelled: trainSentences, dev, tagColumn }] = columns as [TrainedColumn];
  const kind = tagColumn.scheme === 'none' ? 'pos' : 'spans';
  const h = developmentRun?.hyperparameters ?? {
    ...completeSettings(
      settings,
      recipe === 'auto' ? kind : (recipe as RecipeName),
      countTokens(trainSentences),
    ),
    refit: settings.refit ?? refitsByDefault(options),
  };
  if (h.refit && options.embeddings !== undefined)
    checkRereadable(options.embeddings, 'the refit reads it anew (not so with --no-refit)');

  const counted = buildVocabulary(
    columns.map((column) => column.labelled),
    { ...h, features: featuresOf(h) },
  );
  const features = tokenFeaturesOf(corpora[0]!, trainSentences, gazetteers?.gazetteer);
  const pretrained =
    options.embeddings === undefined
      ? undefined
      : await readPretrained(options.embeddings, {
          ...counted,
          keep: h.keepVectors,
          dim: options.hyperparameters.wordDim,
        });
  const { wordCounts } = pretrained ?? counted;
  const known = (pretrained ?? counted).vocabulary;
  const vocabulary: Vocabulary = {
    ...(teacher ? withTeachersTags(known, teacher) : known),
    ...(features && { tokenFeatures: features.features }),
  };
  const config = networkConfig(pretrained ? { ...h, wordDim: pretrained.dim } : h, {
    words: vocabulary.words.length,
    chars: vocabulary.chars.length,
    tags: vocabulary.tags.map((tags) => tags.length),
    ...(features && {
      tokenFeatures: {
        groups: groupsOf(features.features),
        rows: rowsOf(features.features),
        dim: h.columnDim,
      },
    }),
  });
  const mostTags = Math.max(...config.tags);
  if (h.decoder !== 'softmax' && mostTags > MOST_CRF_TAGS)
    throw new UserError(
      `${options.corpora.join(', ')}: ${mostTags} tags, at most ${MOST_CRF_TAGS} for --decoder ${h.decoder}. Use --decoder softmax, or name the right column with --tag-column.`,
    );
  const corpus = numberCorpus(
    columns.map((column) => column.labelled),
    vocabulary,
    { partial },
  );
  columns.forEach((column, c) => {
    const observed = corpus.sentences.map(({ tags }) => tags[c]!);
    const links = extraTransitions(vocabulary.tags[c]!, column.tagColumn, observed);
    if (links.length > 0) column.tagColumn.extraTransitions = links;
  });
  const tagColumns = columns.map((column) => column.tagColumn);
  const teacherTargets =
    teacher &&
    (await computeTeacherTargets(teacher, {
      trainSentences,
      corpus,
      vocabulary,
      compute: options,
    }));
  const weights = parseTagWeights(h.tagWeight);
  const recallBias = parseRecallBias(h.biasRecall); // undefined: auto
  const biasedTags = recallBias
    ? checkedPlaces(recallBias, vocabulary, tagColumns)
    : biasedPlaces(undefined, vocabulary, tagColumns);
  return {
    hyperparameters: h,
    partial,
    heldOut: !devFile,
    columns,
    trainSentences,
    dev,
    tagColumn,
    tagColumns,
    vocabulary,
    wordCounts,
    pretrained,
    features,
    gazetteers,
    config,
    corpus,
    teacherTargets,
    tagWeights: weights && tagWeights(weights, vocabulary, tagColumns),
    recallBias,
    biasedTags,
    tokens: countTokens(trainSentences),
  };
}

export const hasOnlyCertainTags = (sentences: readonly LabelledSentence[]): boolean =>
  sentences.every(({ tags }) => tags.every(isCertain));

/** @throws UserError where partial labels leave nothing to learn or nothing to measure. */
function checkCertain({ train, dev }: TrainedColumn): void {
  const isThere = (
    sentences: readonly LabelledSentence[],
    holds: (label: string) => boolean,
  ): boolean => sentences.some(({ tags }) => tags.some(holds));
  if (!isThere(train, (label) => candidates(label).length > 0))
    throw new UserError('train: every tag is ?. Name the right column with --tag-column.');
  if (!isThere(dev, isCertain))
    throw new UserError(
      'train: no token of the dev set has one certain tag, so no epoch is better than another. Give --dev FILE with some.',
    );
}

function networkConfig(
  h: Hyperparameters,
  sizes: Pick<NetworkConfig, 'words' | 'chars' | 'tags' | 'tokenFeatures'>,
): NetworkConfig {
  const { wordDim, charDim, charWidth, charFilters, charHidden, layers, hidden, dense } = h;
  return {
    ...sizes,
    wordDim,
    charEncoder: h.charEncoder as NetworkConfig['charEncoder'],
    charDim,
    charWidth,
    charFilters,
    charHidden,
    featureGroups: featuresOf(h)?.groups.length ?? 0,
    featureBuckets: h.featureBuckets,
    featureDim: h.featureDim,
    cell: h.cell as NetworkConfig['cell'],
    activation: h.activation as NetworkConfig['activation'],
    periods: parsePeriods(h.periods)!,
    direction: h.direction as NetworkConfig['direction'],
    merge: h.merge as NetworkConfig['merge'],
    layers,
    between: h.residual ? 'residual' : h.highway ? 'highway' : 'none',
    hidden,
    dense,
    decoder: h.decoder as NetworkConfig['decoder'],
    members: 1,
  };
}

function featuresOf({ features, featureBuckets: buckets }: Hyperparameters): Features | undefined {
  const groups = parseFeatures(features);
  return groups && { groups, buckets };
}

interface FeaturesOfTokens {
  readonly features: TokenFeatures;
  /** How often each row of their table is meant in the corpus, where it is of a column. */
  readonly counts: Int32Array;
  /** Rows of unknown values. */
  readonly unknown: readonly number[];
}

function tokenFeaturesOf(
  { featureColumns }: CorpusFile,
  sentences: readonly LabelledSentence[],
  gazetteer: Gazetteer | undefined,
): FeaturesOfTokens | undefined {
  if (featureColumns.length === 0 && !gazetteer) return undefined;
  const { columns, counts } = countColumns(sentences, featureColumns);
  let rows = 0;
  const unknown = columns.map(({ values }) => {
    rows += values.length;
    return rows - values.length;
  });
  return { features: { columns, ...(gazetteer && { gazetteer }) }, counts, unknown };
}

function formatOf(
  { format }: CorpusFile,
  read: ReadOptions | undefined,
): Pick<TagColumn, 'format' | 'tokenColumn'> {
  const { tokenColumn } = read ?? {};
  return {
    format,
    ...(tokenColumn !== undefined && { tokenColumn }),
  };
}
