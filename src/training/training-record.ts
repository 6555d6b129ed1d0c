import { version } from '../files/package.ts';
import type { MemberRecord, TrainingRecord } from '../model/model.ts';
import { flagOf, shellWord } from '../option-values.ts';
import type { Assessment } from './assess.ts';
import { shortValue } from './hyperparameter-values.ts';
import {
  type HyperparameterName,
  hyperparameterNames,
  hyperparameters,
} from './hyperparameters.ts';
import { type CorpusFile, countTokens } from './labelled-corpus.ts';
import type { TrainedNetwork } from './learn.ts';
import { refitsByDefault, type TrainOptions } from './options.ts';
import type { Prepared } from './prepare.ts';
import type { TrainingFiles } from './training-files.ts';

/** The record that a model file keeps of its training. */
export function createTrainingRecord({
  options,
  files,
  prepared,
  networks,
  members,
  model,
  refit,
}: {
  options: TrainOptions;
  files: TrainingFiles;
  prepared: Prepared;
  networks: readonly TrainedNetwork[];
  members: readonly MemberRecord[];
  /** The networks as one model, scored on the development sentences. */
  model: Assessment;
  /** The model after the refit, if there was one. */
  refit: (Assessment & { readonly trainedOn: TrainingRecord['refit'] }) | undefined;
}): TrainingRecord {
  const { teacher, init, corpora, devFile, testFile, gazetteers } = files;
  const { hyperparameters: h, recipeHyperparameters, recipe, recallBias } = prepared;
  const [{ bestEpoch, epochs, gradients }] = networks as readonly [TrainedNetwork];
  return {
    seqtag: version,
    command: commandOf(options, { hyperparameters: h, recipeHyperparameters, teacher, init }),
    ...(options.about && { about: options.about }),
    seed: h.seed,
    kernels: model.kernels,
    corpora: [
      ...corpora.map((file) => corpusRecord('train', file)),
      ...(devFile ? [corpusRecord('dev', devFile)] : []),
      ...(testFile ? [corpusRecord('test', testFile)] : []),
      ...(teacher?.raw ?? []).map((file) => corpusRecord('raw', file)),
    ],
    ...(gazetteers && { gazetteers: gazetteers.files }),
    ...(teacher && { teacher: teacher.record }),
    ...(init && { init: init.record }),
    hyperparameters: h,
    ...(!teacher && { recipe }),
    bestEpoch,
    epochs,
    ...model.scores,
    ...(refit?.scores.test && { test: refit.scores.test }),
    ...(refit?.trainedOn && { refit: refit.trainedOn }),
    ...model.biases,
    ...(model.biases.recallBias && recallBias?.tag !== undefined && { recallTag: recallBias.tag }),
    ...(members.length > 1 && { members }),
    gradients,
  };
}

const corpusRecord = (
  role: TrainingRecord['corpora'][number]['role'],
  { file, sha256, sentences }: CorpusFile,
): TrainingRecord['corpora'][number] => ({
  role,
  file,
  sha256,
  sentences: sentences.length,
  tokens: countTokens(sentences),
});

/** The command that trains the same model. It omits threads and output, which do not change the model. */
function commandOf(
  options: TrainOptions,
  {
    hyperparameters: h,
    recipeHyperparameters,
    teacher,
    init,
  }: Pick<Prepared, 'hyperparameters' | 'recipeHyperparameters'> &
    Pick<TrainingFiles, 'teacher' | 'init'>,
): string {
  const { corpora, dev, test, embeddings, gazetteers, read, products } = options;
  const defaultOf = (name: HyperparameterName): unknown =>
    teacher?.settings[name] ??
    init?.settings[name] ??
    (name === 'refit' ? refitsByDefault(options) : hyperparameters[name].default);
  // the values of recipes too, because they may differ in other versions
  const isDefault = (name: HyperparameterName): boolean =>
    h[name] === defaultOf(name) && h[name] === recipeHyperparameters[name];
  const flags: [string, unknown][] = [
    ['init', options.init?.model],
    ['init-words', options.init?.words],
    ['init-tags', options.init?.tags],
    ['dev', dev],
    ['test', test],
    ['embeddings', embeddings],
    ['from-scheme', options.fromScheme],
    ['force', options.force || undefined],
    ['format', read?.format],
    ['token-column', read?.tokenColumn],
    ['tag-column', read?.tagColumn],
    ['lemma-column', options.lemmaColumn],
    ['feature-column', read?.featureColumn],
    ['header', read?.header],
    ['comment', read?.comment === false ? 'none' : read?.comment],
    ['encoding', read?.encoding],
    ['strict-spans', read?.strictSpans || undefined],
    ['labels', read?.labels?.join()],
    ['text', read?.text?.file],
    ...(teacher?.raw ?? []).map(({ file }): [string, unknown] => ['raw', file]),
    ['raw-format', options.teacher?.rawFormat],
    ['teacher-weight', teacher?.record.weight],
    ['bfloat16', products === 'bfloat16' || undefined],
    ...hyperparameterNames
      .filter((name) => !isDefault(name))
      .map((name): [string, unknown] => [flagOf(name), h[name]]),
  ];
  const words = flags
    .filter(([, value]) => value !== undefined)
    .flatMap(([flag, value]) =>
      typeof value === 'boolean'
        ? [`--${value ? '' : 'no-'}${flag}`]
        : [`--${flag}`, shellWord(shortValue(value))],
    );
  const files = corpora.map(shellWord);
  const lists = gazetteers?.length ? ['--gazetteer', ...gazetteers.map(shellWord)] : [];
  const verb = teacher ? ['distill', shellWord(teacher.record.file)] : ['train'];
  return ['seqtag', ...verb, ...files, ...lists, ...words].join(' ');
}
