import {
  countParameters,
  type MemberRecord,
  saveModel,
  type TrainingRecord,
} from '../model/model.ts';
import { flagOf } from '../option-values.ts';
import { version } from '../version.ts';
import { type Assessment, assess } from './assess.ts';
import { type CorpusFile, countTokens } from './data.ts';
import type { Teacher } from './distill.ts';
import type { CorpusSize, TrainingEvent } from './events.ts';
import {
  type HyperparameterName,
  type Hyperparameters,
  hyperparameterNames,
  hyperparameters,
} from './hyperparameters.ts';
import { learn, seconds, type TrainedNetwork } from './learn.ts';
import {
  checkOutput,
  type Prepared,
  prepare,
  readTrainingFiles,
  refitsByDefault,
  type TrainingFiles,
  type TrainOptions,
} from './prepare.ts';

export type { TrainingEvent } from './events.ts';
export type { TrainOptions } from './prepare.ts';

/**
 * Trains a model, or the members of an ensemble one after another, and writes it. The same corpora, hyperparameters and
 * kernels give the same bytes, whatever the number of threads.
 * @throws UserError for what is wrong with the corpora or the output path; DivergedError when training diverges.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainingEvent> {
  const { signal, output } = options;
  const began = performance.now();
  checkOutput(options);
  const files = await readTrainingFiles(options);
  const { teacher, corpora, devFile, testFile, gazetteers } = files;
  const prepared = await prepare(options, files);
  const { hyperparameters: h, recallBias } = prepared;
  const learned: TrainedNetwork[] = [];
  const alone: Assessment[] = [];
  while (learned.length < h.ensemble && !(signal?.aborted && learned.length > 0)) {
    const network = yield* learn(prepared, { options, member: learned.length });
    learned.push(network);
    alone.push(await assess(prepared, { options, networks: [network] }));
  }
  const together = (networks: readonly TrainedNetwork[]): Promise<Assessment> | Assessment =>
    networks.length === 1 ? alone[0]! : assess(prepared, { options, networks });
  let model = await together(learned);
  const { stopped } = learned.at(-1)!;
  if (stopped === 'signal' && learned.length > 1) {
    // the member under way may know too little to help the others
    const without = await together(learned.slice(0, -1));
    if (without.score >= model.score) {
      model = without;
      learned.pop();
    }
  }
  const again =
    h.refit && !signal?.aborted
      ? yield* refit({ options, files, prepared, learned, model })
      : undefined;
  const members = learned.map(({ seed, bestEpoch, epochs }, m): MemberRecord => {
    const { scores, biases } = alone[m]!;
    return { seed, bestEpoch, epochs, ...scores, ...biases };
  });
  const [{ bestEpoch, epochs, gradients }] = learned as [TrainedNetwork];
  const record: TrainingRecord = {
    seqtag: version,
    command: commandOf(options, h, teacher),
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
    hyperparameters: h,
    bestEpoch,
    epochs,
    ...model.scores,
    ...(again?.scores.test && { test: again.scores.test }),
    ...(again && { refit: again.trainedOn }),
    ...model.biases,
    ...(model.biases.recallBias && recallBias?.tag !== undefined && { recallTag: recallBias.tag }),
    ...(members.length > 1 && { members }),
    gradients,
  };
  const { config, vocabulary, tagColumns, parameters } = again ?? model;
  const bytes = saveModel(output, { config, vocabulary, tagColumns, record, parameters });
  const test = (again ?? model).test;
  const sum = (of: (network: TrainedNetwork) => number): number =>
    learned.reduce((all, network) => all + of(network), 0);
  yield {
    type: 'end',
    model: output,
    bytes,
    parameters: countParameters(config),
    bestEpoch,
    stopped: h.refit && !again ? 'signal' : stopped,
    score: model.score,
    dev: model.dev,
    ...(test && { test }),
    ...(again && { refit: again.trainedOn }),
    ...(record.recallBias && { recallBias: record.recallBias }),
    ...(record.recallTag !== undefined && { recallTag: record.recallTag }),
    ...(record.members && { members: record.members }),
    tokensPerSecond: sum(({ tokens }) => tokens) / sum(({ trainingSeconds }) => trainingSeconds),
    seconds: seconds(began),
  };
}

/**
 * Trains networks again, on the development sentences too, for as many epochs as were best; with the biases that were
 * chosen. Returns undefined when it was interrupted.
 */
async function* refit({
  options,
  files,
  prepared: first,
  learned,
  model,
}: {
  options: TrainOptions;
  files: TrainingFiles;
  prepared: Prepared;
  learned: readonly TrainedNetwork[];
  model: Assessment;
}): AsyncGenerator<TrainingEvent, (Assessment & { trainedOn: CorpusSize }) | undefined> {
  const prepared = await prepare(options, files, first);
  const networks: TrainedNetwork[] = [];
  for (const developmentRun of learned) {
    networks.push(yield* learn(prepared, { options, member: networks.length, developmentRun }));
    if (options.signal?.aborted) return undefined;
  }
  const biases = model.biases.recallBias ?? model.tagColumns.map(() => 0);
  return {
    ...(await assess(prepared, { options, networks, biases })),
    trainedOn: { sentences: prepared.trainSentences.length, tokens: prepared.tokens },
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

/** The command that trains this model again; without what does not matter to it: threads and the output's name. */
function commandOf(
  options: TrainOptions,
  h: Hyperparameters,
  teacher: Teacher | undefined,
): string {
  const { corpora, dev, test, embeddings, gazetteers, read, teacher: asked, products } = options;
  const usual = (name: HyperparameterName): unknown =>
    teacher?.settings[name] ??
    (name === 'refit' ? refitsByDefault(options) : hyperparameters[name].default);
  const flags: [string, unknown][] = [
    ['dev', dev],
    ['test', test],
    ['embeddings', embeddings],
    ['format', read?.format],
    ['token-column', read?.tokenColumn],
    ['tag-column', read?.tagColumn],
    ['feature-column', read?.featureColumn],
    ...(teacher?.raw ?? []).map(({ file }): [string, unknown] => ['raw', file]),
    ['raw-format', asked?.rawFormat],
    ['teacher-weight', teacher?.record.weight],
    ['bfloat16', products === 'bfloat16' || undefined],
    ...hyperparameterNames
      .filter((name) => h[name] !== usual(name))
      .map((name): [string, unknown] => [flagOf(name), h[name]]),
  ];
  const words = flags
    .filter(([, value]) => value !== undefined)
    .flatMap(([flag, value]) =>
      typeof value === 'boolean'
        ? [`--${value ? '' : 'no-'}${flag}`]
        : [`--${flag}`, String(value)],
    );
  const lists = gazetteers?.length ? ['--gazetteer', ...gazetteers] : [];
  const verb = teacher ? ['distill', teacher.record.file] : ['train'];
  return ['seqtag', ...verb, ...corpora, ...lists, ...words].join(' ');
}
