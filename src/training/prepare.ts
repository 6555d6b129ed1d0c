import type { Gazetteer } from '../corpus/features/gazetteer.ts';
import {
  countColumns,
  groupsOf,
  rowsOf,
  type TokenFeatures,
} from '../corpus/features/token-features.ts';
import { learnTokenization } from '../corpus/text/tokenization.ts';
import { buildVocabulary, type Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';
import { checkSavable } from '../model/save-model.ts';
import { extraTransitions } from '../model/transitions.ts';
import { MOST_CRF_TAGS, type NetworkConfig } from '../network/config.ts';
import {
  biasedTagIndices,
  checkedTagIndices,
  parseRecallBias,
  type RecallBias,
} from '../tagging/recall.ts';
import { vectorPath } from '../vectors/npm-package.ts';
import { computeTeacherTargets, type TeacherTargets, withTeachersTags } from './distill.ts';
import { type Pretrained, readPretrained } from './embeddings.ts';
import type { TrainingEvent } from './events.ts';
import { defaultHyperparameters, type Hyperparameters, type Settings } from './hyperparameters.ts';
import { type Continuation, continuationOf } from './init/continuation.ts';
import {
  extendColumns,
  extendVocabulary,
  matchColumns,
  renumberTransitions,
} from './init/extend.ts';
import { checkSettingsFit, type InitialModel } from './init/initial-model.ts';
import {
  type CorpusFile,
  checkRereadable,
  countTokens,
  type LabelledSentence,
} from './labelled-corpus.ts';
import { exampleWords } from './lemma-targets.ts';
import { hashedFeatures, networkConfig } from './network-config.ts';
import { type NumberedCorpus, numberCorpus } from './numbered-corpus.ts';
import { refitsByDefault, type TrainOptions } from './options.ts';
import { learnVectors } from './own-vectors.ts';
import { chooseRecipe, type Recipe } from './recipes.ts';
import { parseTagWeights, tagWeights } from './tag-weights.ts';
import { type TrainedColumn, trainedColumns } from './trained-columns.ts';
import type { TrainingFiles } from './training-files.ts';
import { traitsOf } from './traits.ts';

/** The input of training a network, except for the seed. */
export interface Prepared {
  readonly hyperparameters: Hyperparameters;
  /** The defaults for these files. */
  readonly recipe: Recipe;
  /** The hyperparameters of training on these files if none are given. */
  readonly recipeHyperparameters: Hyperparameters;
  /** Whether labels may be `?` or `NN|VB`. */
  readonly partial: boolean;
  /** Whether the development sentences are from the training corpora. */
  readonly heldOut: boolean;
  readonly columns: readonly TrainedColumn[];
  /** Sentences, development sentences and description of the first tag column. */
  readonly trainSentences: readonly LabelledSentence[];
  readonly dev: readonly LabelledSentence[];
  readonly tagColumn: TagColumn;
  readonly tagColumns: readonly TagColumn[];
  readonly vocabulary: Vocabulary;
  /** How the training continues a model; undefined if it begins with random weights. */
  readonly initial: Continuation | undefined;
  /** `wordCounts[i]`: how often word i of the vocabulary occurs in the training sentences; 0 for words of the initial model. */
  readonly wordCounts: Int32Array;
  readonly pretrained: Pretrained | undefined;
  readonly features: CountedTokenFeatures | undefined;
  readonly gazetteers: TrainingFiles['gazetteers'];
  readonly config: NetworkConfig;
  /** The training sentences as numbers. */
  readonly corpus: NumberedCorpus;
  readonly teacherTargets: TeacherTargets | undefined;
  /** Loss weights (K) of the tags of each column; undefined for weights of 1. */
  readonly tagWeights: readonly (Float32Array | undefined)[] | undefined;
  /** Undefined: tuned on the development sentences. */
  readonly recallBias: RecallBias | undefined;
  /** For each column the index of the tag whose score the recall bias lowers; -1 if there is none. */
  readonly biasedTags: readonly number[];
  /** Number of training tokens. */
  readonly tokens: number;
}

/**
 * Prepares the training of networks.
 * @param developmentRun for a refit: the preparation of the networks that were scored on the development sentences. The
 * refit has the same hyperparameters, and trains on the development sentences too.
 * @throws UserError for settings that the corpus does not allow, and for word vectors that cannot be read
 */
export async function* prepare(
  options: TrainOptions,
  files: TrainingFiles,
  developmentRun?: Pick<Prepared, 'hyperparameters' | 'recipe'>,
): AsyncGenerator<TrainingEvent, Prepared> {
  const { teacher, init, corpora, devFile, gazetteers } = files;
  if (init) checkInit(init, options);
  const columns = trainedColumns(options, files, { refit: developmentRun !== undefined });
  const [{ train: trainSentences, dev, tagColumn }] = columns as [TrainedColumn];
  const tokens = countTokens(trainSentences);
  const given = { ...teacher?.settings, ...options.hyperparameters };
  const recipe =
    developmentRun?.recipe ??
    chooseRecipe(
      given.recipe,
      traitsOf(trainSentences, {
        scheme: tagColumn.trainedScheme,
        partial: given.partial ?? false,
        vectors: (options.embeddings ?? init?.vocabulary.vectors) !== undefined,
      }),
    );
  const complete = (settings: Settings): Hyperparameters => ({
    ...{ ...defaultHyperparameters, ...recipe.settings, ...teacher?.settings, ...init?.settings },
    ...settings,
    refit: settings.refit ?? teacher?.settings.refit ?? refitsByDefault(options),
  });
  const h = developmentRun?.hyperparameters ?? complete(options.hyperparameters);
  if (h.refit && options.embeddings !== undefined)
    checkRereadable(vectorPath(options.embeddings), {
      option: 'embeddings',
      reason: 'the refit reads it again (training without a refit does not)',
    });

  const sentences = columns.map((column) => column.train);
  const ofCorpora = buildVocabulary(sentences, { ...h, features: hashedFeatures(h) });
  const heads =
    init &&
    matchColumns(init, {
      tags: ofCorpora.vocabulary.tags,
      tagColumns: columns.map((column) => column.tagColumn),
    });
  const words =
    init && heads
      ? extendVocabulary(init, ofCorpora, {
          heads,
          tagColumns: columns.map((column) => column.tagColumn),
        })
      : ofCorpora;
  const pretrained =
    options.embeddings !== undefined
      ? yield* readPretrained(options.embeddings, trainSentences, h)
      : h.ownVectors > 0 && !init
        ? yield* learnVectors(trainSentences, h, options)
        : undefined;
  const features = countTokenFeatures(trainSentences, corpora[0]!, {
    gazetteer: gazetteers?.gazetteer,
    init,
  });
  const vocabulary: Vocabulary = {
    ...(teacher ? withTeachersTags(words.vocabulary, teacher) : words.vocabulary),
    ...(pretrained && { vectors: pretrained.vectors }),
    ...(features && { tokenFeatures: features.features }),
    tokenization: learnTokenization(trainSentences, {
      multiwordTokens: corpora.some(({ hasMultiwordTokens }) => hasMultiwordTokens),
      known: init?.vocabulary.tokenization,
    }),
  };
  const config = networkConfig(h, {
    ...(vocabulary.vectors && { vectorDim: vocabulary.vectors.dim }),
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
  checkTagCount(config, options.corpora);

  const corpus = numberCorpus(sentences, vocabulary, h);
  const tagColumns = columns.map((column, c) =>
    withExamples(
      withExtraTransitions(column.tagColumn, c, { vocabulary, corpus, init, head: heads?.[c] }),
      { sentences: column.train, scripts: vocabulary.tags[c]! },
    ),
  );
  checkSavable({ config, vocabulary, tagColumns });
  const weights = parseTagWeights(h.tagWeight);
  const recallBias = parseRecallBias(h.biasRecall); // undefined for `auto`
  return {
    hyperparameters: h,
    recipe,
    recipeHyperparameters: complete({}),
    partial: h.partial,
    heldOut: !devFile,
    columns,
    trainSentences,
    dev,
    tagColumn,
    tagColumns,
    vocabulary,
    initial:
      init &&
      heads &&
      continuationOf(init, {
        ...{ config, vocabulary, tagColumns, heads },
        corpora: ofCorpora.vocabulary,
      }),
    wordCounts: words.wordCounts,
    pretrained,
    features,
    gazetteers,
    config,
    corpus,
    teacherTargets:
      teacher &&
      (await computeTeacherTargets(teacher, {
        trainSentences,
        corpus,
        vocabulary,
        compute: options,
      })),
    tagWeights: weights && tagWeights(weights, vocabulary, tagColumns),
    recallBias,
    biasedTags: recallBias
      ? checkedTagIndices(recallBias, vocabulary, tagColumns)
      : biasedTagIndices(undefined, vocabulary, tagColumns),
    tokens,
  };
}

/** @throws UserError if there are more tags than the transitions of a decoder can have */
function checkTagCount({ decoder, tags }: NetworkConfig, corpora: readonly string[]): void {
  const mostTags = Math.max(...tags);
  if (decoder === 'softmax' || mostTags <= MOST_CRF_TAGS) return;
  throw new UserError(
    `${corpora.join(', ')}: ${mostTags} tags, but the ${decoder} decoder takes at most ${MOST_CRF_TAGS}. Use the softmax decoder, or choose another tag column.`,
    { code: 'SEQTAG_TAGS', option: 'decoder' },
  );
}

/** @throws UserError if the options contradict the model from which training begins */
function checkInit(init: InitialModel, { hyperparameters, embeddings }: TrainOptions): void {
  checkSettingsFit(init, hyperparameters);
  if (init.vocabulary.vectors && embeddings !== undefined)
    throw new UserError(
      `${init.record.file}: has word vectors, which the new model keeps, so that it cannot have those of ${embeddings}. Leave out \`embeddings\`, or train without an initial model.`,
      { code: 'SEQTAG_MODEL_MISMATCH', option: 'embeddings' },
    );
}

/**
 * The tag column with the transitions that the scheme forbids, but that occur in its training sentences or in those of the
 * model from which training begins.
 */
function withExtraTransitions(
  tagColumn: TagColumn,
  column: number,
  options: Pick<Prepared, 'vocabulary' | 'corpus'> & {
    init: InitialModel | undefined;
    head: number | undefined;
  },
): TagColumn {
  const { vocabulary, corpus, init, head = -1 } = options;
  const names = vocabulary.tags[column]!;
  const tags = corpus.sentences.map((sentence) => sentence.tags[column]!);
  const before = init?.tagColumns[head];
  const known =
    before?.trainedScheme === tagColumn.trainedScheme
      ? renumberTransitions(before.extraTransitions ?? [], {
          before: init!.vocabulary.tags[head]!,
          now: names,
        })
      : [];
  const extra = new Set([...known, ...extraTransitions(names, tagColumn, tags)]);
  return extra.size > 0
    ? { ...tagColumn, extraTransitions: [...extra].sort((a, b) => a - b) }
    : tagColumn;
}

/** A column of lemmas with examples of words. */
const withExamples = (
  tagColumn: TagColumn,
  { sentences, scripts }: { sentences: readonly LabelledSentence[]; scripts: readonly string[] },
): TagColumn =>
  tagColumn.lemmas ? { ...tagColumn, examples: exampleWords(sentences, scripts) } : tagColumn;

/** Feature columns and gazetteers, with counts of the training sentences. */
export interface CountedTokenFeatures {
  readonly features: TokenFeatures;
  /** `counts[row]`: how often a value of a feature column occurs, by its row in the embedding. */
  readonly counts: Int32Array;
  /** For each feature column the row of its unknown value. */
  readonly unknown: readonly number[];
}

function countTokenFeatures(
  sentences: readonly LabelledSentence[],
  { featureColumns }: CorpusFile,
  { gazetteer, init }: { gazetteer: Gazetteer | undefined; init: InitialModel | undefined },
): CountedTokenFeatures | undefined {
  const counted = countColumns(sentences, featureColumns);
  const { columns, counts } = init ? extendColumns(init, counted) : counted;
  if (columns.length === 0 && !gazetteer) return undefined;
  const unknown: number[] = [];
  let row = 0;
  for (const { values } of columns) {
    unknown.push(row);
    row += values.length;
  }
  return { features: { columns, ...(gazetteer && { gazetteer }) }, counts, unknown };
}
