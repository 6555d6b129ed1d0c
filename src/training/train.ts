import { type BackendOptions, openBackend } from '../backend/backend.ts';
import type { Features } from '../corpus/features.ts';
import { type Gazetteer, readGazetteers } from '../corpus/gazetteer.ts';
import type { ReadOptions } from '../corpus/index.ts';
import { candidates, isCertain } from '../corpus/partial.ts';
import {
  countColumns,
  createTokenEncoder,
  groupsOf,
  type Noise,
  rowsOf,
  type TokenEncoder,
  type TokenFeatures,
} from '../corpus/token-features.ts';
import type { Coverage } from '../corpus/vectors.ts';
import { buildVocabulary, isBorder, type Vocabulary } from '../corpus/vocabulary.ts';
import { DivergedError, UserError } from '../errors.ts';
import { count } from '../evaluation/counts.ts';
import { countCertain } from '../evaluation/partial.ts';
import { type Report, report } from '../evaluation/report.ts';
import { floatToHalf, halfToFloat } from '../model/half.ts';
import { extraLinks, linksOf } from '../model/links.ts';
import {
  countParameters,
  type EpochRecord,
  type GradientProfile,
  type MemberRecord,
  type Model,
  type Scores,
  saveModel,
  type Task,
  type TrainingRecord,
} from '../model/model.ts';
import { checkWritable } from '../model/safetensors.ts';
import { headName, MOST_HEADS, type NetworkConfig } from '../network/config.ts';
import { MOST_CRF_TAGS } from '../network/crf.ts';
import {
  createEngine,
  type Engine,
  type PreparedBatch,
  type Reading,
  type StepOptions,
  type TrainingBatch,
} from '../network/engine.ts';
import { initialise } from '../network/initialise.ts';
import type { OptimizerOptions } from '../network/program.ts';
import { createRandom, type RandomState, seedState } from '../network/random.ts';
import { createPredictor, type Predictor } from '../tagging/predictor.ts';
import { biasedPlaces, checkedPlaces, parseRecallBias } from '../tagging/recall.ts';
import { version } from '../version.ts';
import {
  type CorpusFile,
  chooseScheme,
  columnsOf,
  countTokens,
  epochBatches,
  holdOut,
  inScheme,
  type Labelled,
  type Numbered,
  numberCorpus,
  readLabelled,
} from './data.ts';
import {
  openTeacher,
  type Teacher,
  type TeacherOptions,
  teach,
  teachersScheme,
  withTeachersTags,
} from './distill.ts';
import { readPretrained } from './embeddings.ts';
import { pool } from './ensemble.ts';
import {
  completeSettings,
  flagOf,
  type HyperparameterName,
  type Hyperparameters,
  hyperparameterNames,
  hyperparameters,
  parseBptt,
  parseClip,
  parseFeatures,
  parsePeriods,
  type RecipeName,
  type Settings,
} from './hyperparameters.ts';
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

export interface Sizes {
  readonly sentences: number;
  readonly tokens: number;
}

interface Place {
  /** Which member of an ensemble is trained, from 1; left out where there is one network. */
  readonly member?: number;
  readonly members?: number;
  /** What it is trained on when it is trained again, by `refit`; scores are then those of the first time. */
  readonly refit?: Sizes;
}

/** What training tells of itself, in this order: start, then progress and epoch over and over, then end. */
export type TrainingEvent =
  | {
      readonly type: 'start';
      readonly train: Sizes;
      readonly dev: Sizes & { readonly heldOut: boolean };
      readonly words: number;
      readonly chars: number;
      readonly tags: number;
      readonly scheme: string;
      readonly parameters: number;
      readonly backend: string;
      readonly threads: number;
      readonly epochs: number;
      readonly pretrained?: { readonly coverage: Coverage; readonly kept: number };
      /** Columns that are read beside the tokens, and how many values each has. */
      readonly columns?: readonly { readonly column: string; readonly values: number }[];
      /** Phrases and types of all gazetteers, and the share of the corpus's tokens that are in a phrase of them. */
      readonly gazetteer?: {
        readonly entries: number;
        readonly types: number;
        readonly matched: number;
      };
    }
  | (Place & {
      readonly type: 'progress';
      /** From 1. */
      readonly epoch: number;
      readonly epochs: number;
      /** Tokens of this epoch so far, and in all. */
      readonly tokens: number;
      readonly of: number;
      readonly loss: number;
      readonly tokensPerSecond: number;
      /** Of all epochs that may come. */
      readonly secondsLeft: number;
    })
  | (EpochRecord &
      Place & {
        readonly type: 'epoch';
        readonly epoch: number;
        readonly epochs: number;
        /** Of each column of tags; none when it is trained again. */
        readonly dev: readonly Report[];
        readonly best: boolean;
        readonly tokensPerSecond: number;
        readonly seconds: number;
        readonly secondsLeft: number;
      })
  | {
      readonly type: 'end';
      readonly model: string;
      readonly bytes: number;
      readonly parameters: number;
      readonly bestEpoch: number;
      readonly stopped: 'epochs' | 'patience' | 'signal';
      /** Of the best epoch on dev: F1 for spans, else accuracy; of several columns, their mean. */
      readonly score: number;
      readonly dev: readonly Report[];
      readonly test?: readonly Report[];
      /** As in the record. */
      readonly refit?: Sizes;
      readonly recallBias?: readonly number[];
      readonly recallTag?: string;
      readonly members?: readonly MemberRecord[];
      readonly tokensPerSecond: number;
      readonly seconds: number;
    };

/** All that training needs to go on from where it is, as plain data. */
export interface TrainingState {
  epoch: number;
  /** Updates so far, over all epochs; and what plateaus have left of the rate. */
  updates: number;
  rateLeft: number;
  random: RandomState;
  optimizer: ReturnType<Engine['optimizerState']> | undefined;
  history: EpochRecord[];
  /** Running average of the parameters at the ends of epochs; these, not the last ones, are scored and kept. */
  average: Parameters | undefined;
  best: { epoch: number; score: number; parameters: Parameters } | undefined;
}

type Parameters = Map<string, Float32Array>;

/** What `auto` tries to take from the score of the outside tag, in nats. */
const RECALL_BIASES = Array.from({ length: 13 }, (_, i) => i / 4);
const PROBE_SENTENCES = 64;
const PROBE_DISTANCE = 200;
/** Time between two progress events, in milliseconds. */
const PROGRESS_INTERVAL = 100;

const scoreOf = ({ spans, accuracy }: Report): number =>
  spans ? (spans.f1 ?? 0) : (accuracy ?? 0);
const meanScore = (reports: readonly Report[]): number =>
  reports.reduce((sum, one) => sum + scoreOf(one), 0) / reports.length;
const scoresOf = ({ spans, accuracy }: Report): Scores =>
  spans ? { accuracy, f1: spans.f1 } : { accuracy };
/** Training computes without pause: this lets a signal or a spinner have its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const seconds = (since: number): number => (performance.now() - since) / 1000;

/**
 * Trains a model, or the members of an ensemble one after another, and writes it. The same corpora, hyperparameters and
 * kernels give the same bytes, whatever the number of threads.
 * @throws UserError for what is wrong with the corpora or the output path; DivergedError when training diverges.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainingEvent> {
  const { signal, output } = options;
  const began = performance.now();
  checkWritable(output);
  const files = await readAll(options);
  const { teacher, corpora, devFile, testFile, gazetteers } = files;
  const prepared = await prepare(options, files);
  const { h, recallBias } = prepared;
  const learned: Learned[] = [];
  const alone: Assessment[] = [];
  while (learned.length < h.ensemble && !(signal?.aborted && learned.length > 0)) {
    const network = yield* learn(prepared, { options, member: learned.length });
    learned.push(network);
    alone.push(await assess(prepared, { options, networks: [network] }));
  }
  const together = (networks: readonly Learned[]): Promise<Assessment> | Assessment =>
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
    h.refit && !signal?.aborted ? yield* refit({ options, files, learned, model }) : undefined;
  const members = learned.map(({ seed, bestEpoch, epochs }, m): MemberRecord => {
    const { scores, biases } = alone[m]!;
    return { seed, bestEpoch, epochs, ...scores, ...biases };
  });
  const [{ bestEpoch, epochs, gradients }] = learned as [Learned];
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
  const { config, vocabulary, tasks, parameters } = again ?? model;
  const bytes = saveModel(output, { config, vocabulary, tasks, record, parameters });
  const test = (again ?? model).test;
  const sum = (of: (network: Learned) => number): number =>
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
  learned,
  model,
}: {
  options: TrainOptions;
  files: Files;
  learned: readonly Learned[];
  model: Assessment;
}): AsyncGenerator<TrainingEvent, (Assessment & { trainedOn: Sizes }) | undefined> {
  const prepared = await prepare(options, files, { whole: true });
  const networks: Learned[] = [];
  for (const rehearsal of learned) {
    networks.push(yield* learn(prepared, { options, member: networks.length, rehearsal }));
    if (options.signal?.aborted) return undefined;
  }
  const biases = model.biases.recallBias ?? model.tasks.map(() => 0);
  return {
    ...(await assess(prepared, { options, networks, biases })),
    trainedOn: { sentences: prepared.labelled.length, tokens: prepared.tokens },
  };
}

type Files = Awaited<ReturnType<typeof readAll>>;

/** Reads what is to be learned from. */
async function readAll(options: TrainOptions) {
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
const refitsByDefault = ({ dev }: TrainOptions): boolean => dev === undefined;

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** Says what is to be learned; of the `whole`, development sentences too. */
async function prepare(options: TrainOptions, files: Files, { whole = false } = {}) {
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
    const parts = whole
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
      task: {
        ...schemes,
        ...formatOfTask(corpora[0]!, options.read),
        ...(tagColumn !== undefined && { tagColumn }),
      },
    };
  });
  if (partial && !whole) columns.forEach(checkCertain);
  const [{ labelled, dev, task }] = columns as [TrainedColumn];
  const kind = task.scheme === 'none' ? 'pos' : 'spans';
  const h = {
    ...completeSettings(
      settings,
      recipe === 'auto' ? kind : (recipe as RecipeName),
      countTokens(labelled),
    ),
    refit: settings.refit ?? refitsByDefault(options),
  };

  const counted = buildVocabulary(
    columns.map((column) => column.labelled),
    { ...h, features: featuresOf(h) },
  );
  const features = tokenFeaturesOf(corpora[0]!, labelled, gazetteers?.gazetteer);
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
    const links = extraLinks(vocabulary.tags[c]!, column.task, observed);
    if (links.length > 0) column.task.extraLinks = links;
  });
  const tasks = columns.map((column) => column.task);
  const lessons =
    teacher && (await teach(teacher, { labelled, corpus, vocabulary, compute: options }));
  const weights = parseTagWeights(h.tagWeight);
  const recallBias = parseRecallBias(h.biasRecall); // undefined: auto
  const biased = recallBias
    ? checkedPlaces(recallBias, vocabulary, tasks)
    : biasedPlaces(undefined, vocabulary, tasks);
  return {
    h,
    partial,
    heldOut: !devFile,
    columns,
    labelled,
    dev,
    task,
    tasks,
    vocabulary,
    wordCounts,
    pretrained,
    features,
    gazetteers,
    config,
    corpus,
    lessons,
    tagWeights: weights && tagWeights(weights, vocabulary, tasks),
    recallBias,
    biased,
    tokens: countTokens(labelled),
  };
}

/** A network that was trained, at its best epoch. */
interface Learned extends Pick<TrainingRecord, 'seed' | 'bestEpoch' | 'epochs' | 'gradients'> {
  readonly parameters: Parameters;
  readonly stopped: 'epochs' | 'patience' | 'signal';
  /** That it was trained on, over all epochs. */
  readonly tokens: number;
  readonly trainingSeconds: number;
}

/**
 * Trains a network, the ensemble's `member`, from 0; after a `rehearsal`, with the scores and to the best epoch of that.
 */
async function* learn(
  prepared: Prepared,
  { options, member, rehearsal }: { options: TrainOptions; member: number; rehearsal?: Learned },
): AsyncGenerator<TrainingEvent, Learned> {
  const { signal } = options;
  const { columns, labelled, dev, task, tasks, vocabulary, wordCounts, pretrained } = prepared;
  const { config, corpus, lessons, tagWeights, partial, tokens } = prepared;
  const { features, gazetteers } = prepared;
  const h = { ...prepared.h, seed: prepared.h.seed + member };
  const epochs = rehearsal?.bestEpoch ?? h.epochs;
  const place: Place = {
    ...(h.ensemble > 1 && { member: member + 1, members: h.ensemble }),
    ...(rehearsal && { refit: { sentences: labelled.length, tokens } }),
  };
  const backend = openBackend(options);
  const engine = createEngine({
    backend,
    config,
    allowed: linksOf(config, vocabulary, tasks),
    training: {
      dropout: { input: h.dropout, output: h.outputDropout, recurrent: h.recurrentDropout },
      bptt: parseBptt(h.bptt)!,
      labelSmoothing: h.labelSmoothing,
      optimizer: { ...h, optimizer: h.optimizer as OptimizerOptions['optimizer'] },
      seed: h.seed,
      ...(tagWeights && { tagWeights }),
    },
  });
  try {
    const state: TrainingState = {
      epoch: 0,
      updates: 0,
      rateLeft: 1,
      random: seedState(h.seed),
      optimizer: undefined,
      history: [],
      average: undefined,
      best: undefined,
    };
    const random = createRandom(state.random);
    for (const spec of engine.specs) engine.parameter(spec.name).set(initialise(spec, random, h));
    pretrained?.fill(engine.parameter('word.embedding'));
    // values that training never meets say nothing
    for (const row of features?.unknown ?? [])
      engine.parameter('token.embedding').fill(0, row * h.columnDim, (row + 1) * h.columnDim);
    engine.weightsChanged();
    const predictor = createPredictor(engine, vocabulary, tasks);
    const start: TrainingEvent = {
      type: 'start',
      train: { sentences: labelled.length, tokens },
      dev: { sentences: dev.length, tokens: countTokens(dev), heldOut: prepared.heldOut },
      words: config.words,
      chars: config.chars,
      tags: config.tags[0]!,
      scheme: task.scheme,
      parameters: countParameters({ ...config, members: h.ensemble }),
      backend: `${backend.kind} ${backend.isa}`,
      threads: backend.pool.threads,
      epochs,
      ...(pretrained && {
        pretrained: { coverage: pretrained.coverage, kept: pretrained.kept },
      }),
      ...(features &&
        features.features.columns.length > 0 && {
          columns: features.features.columns.map(({ column, values }) => ({
            column: String(column),
            values: values.length - 1,
          })),
        }),
      ...(gazetteers && {
        gazetteer: {
          entries: gazetteers.files.reduce((sum, { entries }) => sum + entries, 0),
          types: gazetteers.gazetteer.types.length,
          matched: matchedShare(corpus),
        },
      }),
    };
    if (member === 0 && !rehearsal) yield start;

    const batchSize = h.batchSize || Math.min(32, Math.max(4, Math.ceil(labelled.length / 100)));
    const lengths = corpus.sentences.map(({ words }) => words.length);
    const epochTokens = lengths.reduce((sum, n) => sum + n, 0); // those that windows share, twice
    const clip = clipOf(h);
    const encoder = features && createTokenEncoder(features.features);
    const noise: Noise = {
      isUnknown: (row) => features!.counts[row] === 1 && random() < h.unknownProbability,
      isOverlooked: () => h.gazetteerDropout > 0 && random() < h.gazetteerDropout,
    };
    const reading: Reading = {
      types: corpus.types,
      charAs:
        h.charDropout > 0
          ? (char) => (!isBorder(char) && random() < h.charDropout ? 0 : char)
          : undefined,
    };
    const batchOf = (places: readonly number[]): TrainingBatch => {
      const sentences = places.map((i) => corpus.sentences[i]!);
      const tags = places.map((i) => lessons?.draw(i, random) ?? corpus.sentences[i]!.tags);
      return {
        types: sentences.map((s) => s.types),
        words: sentences.map(({ words }) => {
          const read = words.slice();
          for (let i = 0; i < read.length; i++)
            if (
              (wordCounts[read[i]!] === 1 && random() < h.unknownProbability) ||
              (h.wordDropout > 0 && random() < h.wordDropout)
            )
              read[i] = 0;
          return read;
        }),
        ...(encoder && { tokens: sentences.map((s) => encoder.bags(s.tokens!, noise)) }),
        tags: columns.map((_, c) => tags.map((own) => own[c]!)),
        sets: corpus.sets,
      };
    };
    const probed = longest(corpus.sentences, encoder);
    const profile = (): GradientProfile =>
      engine.gradientNorms(probed, { types: corpus.types, distance: PROBE_DISTANCE });
    const initial = profile();
    const trainingBegan = performance.now();
    const networksAfter = h.ensemble - 1 - member + (h.refit && !rehearsal ? h.ensemble : 0);
    const epochsAfter = networksAfter * h.epochs;
    let current: Parameters | undefined; // at the end of the epoch, before averaging
    let stopped: Learned['stopped'] = 'epochs';
    let done = 0;
    for (; state.epoch < epochs; state.epoch++) {
      const epoch = state.epoch + 1;
      const epochBegan = performance.now();
      const sum = { loss: 0, norm: 0, clipped: 0, steps: 0, tokens: 0 };
      let reported = performance.now();
      const batches = epochBatches(lengths, batchSize, random);
      const preparedFrom = (first: number): PreparedBatch[] =>
        batches
          .slice(first, first + h.accumulate)
          .map(batchOf)
          .map((batch) => engine.prepare(batch, reading));
      let next = preparedFrom(0);
      for (let first = 0; first < batches.length; first += h.accumulate) {
        const rate = rateAt(h, state);
        state.updates++;
        const step = engine.trainStep(next, {
          ...reading,
          rate,
          ...clip,
          freezeWords: h.freeze,
          meanwhile: () => {
            next = preparedFrom(first + h.accumulate);
          },
        });
        if (!Number.isFinite(step.loss) || !Number.isFinite(step.norm))
          throw new DivergedError(
            `epoch ${epoch}, update ${sum.steps + 1}: the loss is ${step.loss}, its gradient's norm ${step.norm}: training diverged. Lower --learning-rate (now ${h.learningRate}) or --clip (now ${h.clip}).`,
          );
        sum.loss += step.loss * step.tokens;
        sum.tokens += step.tokens;
        sum.norm += step.norm;
        sum.clipped += step.clipped ? 1 : 0;
        sum.steps++;
        if (signal?.aborted) break;
        if (performance.now() - reported < PROGRESS_INTERVAL) continue;
        reported = performance.now();
        const perSecond = sum.tokens / seconds(epochBegan);
        yield {
          type: 'progress',
          ...place,
          epoch,
          epochs,
          tokens: sum.tokens,
          of: epochTokens,
          loss: sum.loss / sum.tokens,
          tokensPerSecond: perSecond,
          secondsLeft:
            ((epochs - state.epoch + epochsAfter) * epochTokens - sum.tokens) / perSecond,
        };
        await turn();
      }
      done += sum.tokens;
      const tokensPerSecond = sum.tokens / seconds(epochBegan);
      current = copyParameters(engine, current);
      state.average = average(state.average, current, Math.max(1 / epoch, 1 / h.averageEpochs));
      restoreParameters(engine, state.average);
      predictor.reset();
      const reports = rehearsal ? [] : evaluate(predictor, columns, { role: 'dev', partial });
      const score = rehearsal ? rehearsal.epochs[state.epoch]!.score : meanScore(reports);
      const record: EpochRecord = {
        loss: sum.loss / sum.tokens,
        score,
        norm: sum.norm / sum.steps,
        clipped: sum.clipped / sum.steps,
      };
      // While no span is found, no epoch is better than one that has learned longer.
      const best = !state.best || score > state.best.score || state.best.score === 0;
      state.history.push(record);
      if (best)
        state.best = { epoch, score, parameters: copyParameters(engine, state.best?.parameters) };
      const since = epoch - state.best!.epoch;
      if (h.schedule === 'plateau' && since > 0 && since % h.plateauPatience === 0)
        state.rateLeft *= h.plateauFactor;
      restoreParameters(engine, current);
      const took = seconds(epochBegan);
      yield {
        type: 'epoch',
        ...place,
        epoch,
        epochs,
        ...record,
        dev: reports,
        best,
        tokensPerSecond,
        seconds: took,
        secondsLeft: took * (epochs - epoch + epochsAfter),
      };
      await turn();
      if (signal?.aborted) {
        stopped = 'signal';
        break;
      }
      if (epoch - state.best!.epoch >= h.patience) {
        stopped = 'patience';
        break;
      }
    }

    const trainingSeconds = seconds(trainingBegan);
    const { best } = state as { best: NonNullable<TrainingState['best']> };
    roundEmbeddings(engine.specs, best.parameters);
    restoreParameters(engine, best.parameters);
    return {
      seed: h.seed,
      parameters: best.parameters,
      bestEpoch: best.epoch,
      epochs: state.history,
      gradients: { initial, trained: profile() },
      stopped,
      tokens: done,
      trainingSeconds,
    };
  } finally {
    await engine.close();
  }
}

/** What networks are worth, alone or together, and all that is to be kept of them. */
interface Assessment extends Pick<Model, 'config' | 'parameters' | 'vocabulary' | 'tasks'> {
  readonly kernels: string;
  readonly biases: Pick<TrainingRecord, 'recallBias'>;
  readonly dev: readonly Report[];
  readonly test: readonly Report[] | undefined;
  readonly scores: Pick<TrainingRecord, 'dev' | 'test'>;
  readonly score: number;
}

/** Makes networks one that tags, chooses what is taken from the scores of tags, unless it is given, and scores it. */
async function assess(
  prepared: Prepared,
  {
    options,
    networks,
    biases: given,
  }: { options: TrainOptions; networks: readonly Learned[]; biases?: readonly number[] },
): Promise<Assessment> {
  const { columns, tasks, vocabulary, partial, recallBias, biased } = prepared;
  const { config, parameters } = pool(
    prepared.config,
    networks.map((network) => network.parameters),
  );
  const backend = openBackend(options);
  const allowed = linksOf(config, vocabulary, tasks);
  const engine = createEngine({ backend, config, allowed });
  try {
    restoreParameters(engine, parameters);
    const predictor = createPredictor(engine, vocabulary, tasks);
    /** Takes from the tag's score what was asked for, or what serves the dev score best; returns it, in nats. */
    const biasRecall = (tag: number, c: number): number => {
      if (tag < 0) return 0;
      // What is found where the dev set says nothing costs nothing: the more the better, it would seem.
      if (partial && !given && !recallBias && !isComplete(columns[c]!.dev)) return 0;
      const bias = parameters.get(`${headName(c)}.bias`)!;
      const own = bias[tag]!;
      const scoreWith = (shift: number): number => {
        bias[tag] = own - shift;
        restoreParameters(engine, parameters);
        predictor.reset();
        return scoreOf(evaluate(predictor, columns, { role: 'dev', partial })[c]!);
      };
      const shift =
        given?.[c] ??
        recallBias?.nats ??
        RECALL_BIASES.map((bias) => ({ bias, score: scoreWith(bias) })).reduce((a, b) =>
          b.score > a.score ? b : a,
        ).bias;
      scoreWith(shift);
      return shift;
    };
    const biases = biased.map(biasRecall);
    const dev = evaluate(predictor, columns, { role: 'dev', partial });
    const test = columns[0]!.test && evaluate(predictor, columns, { role: 'test', partial });
    return {
      config,
      parameters,
      vocabulary,
      tasks,
      kernels: `${backend.kind} ${backend.isa}`,
      biases: biases.some((bias) => bias !== 0) ? { recallBias: biases } : {},
      dev,
      test,
      scores: { dev: dev.map(scoresOf), ...(test && { test: test.map(scoresOf) }) },
      score: meanScore(dev),
    };
  } finally {
    await engine.close();
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A column of tags: what is learned of it. */
interface TrainedColumn {
  readonly task: Writable<Task>;
  /** In the corpus's scheme. */
  readonly train: readonly Labelled[];
  readonly dev: readonly Labelled[];
  readonly test: readonly Labelled[] | undefined;
  /** Of `train`, or what its labels may mean. */
  readonly seenTags: readonly string[];
  /** `train` in the scheme that is trained. */
  readonly labelled: readonly Labelled[];
}

const isComplete = (sentences: readonly Labelled[]): boolean =>
  sentences.every(({ tags }) => tags.every(isCertain));

/** @throws UserError where partial labels leave nothing to learn or nothing to measure. */
function checkCertain({ train, dev }: TrainedColumn): void {
  const isThere = (sentences: readonly Labelled[], holds: (label: string) => boolean): boolean =>
    sentences.some(({ tags }) => tags.some(holds));
  if (!isThere(train, (label) => candidates(label).length > 0))
    throw new UserError('train: every tag is ?. Name the right column with --tag-column.');
  if (!isThere(dev, isCertain))
    throw new UserError(
      'train: no token of the dev set has one certain tag, so no epoch is better than another. Give --dev FILE with some.',
    );
}

/** A report for each column. */
function evaluate(
  predictor: Predictor,
  columns: readonly TrainedColumn[],
  { role, partial }: { role: 'dev' | 'test'; partial: boolean },
): Report[] {
  const sentences = columns[0]![role]!;
  const predicted = predictor.predict(
    sentences.map(({ tokens }) => tokens),
    sentences.map(({ featureColumns }) => featureColumns ?? []),
  );
  return columns.map((column, c) => {
    const pairs = column[role]!.map(({ tokens, tags }, i) => ({
      tokens,
      gold: tags,
      predicted: predicted[c]![i]!,
    }));
    const {
      seenTags,
      task: { scheme },
    } = column;
    const counted = (partial ? countCertain : count)(pairs, {
      scheme,
      isKnown: predictor.isKnown,
      seenTags,
    });
    return report(counted);
  });
}

/** @param into a copy made before, which is no longer needed: new memory costs more than the copying */
function copyParameters(engine: Engine, into: Parameters = new Map()): Parameters {
  for (const { name } of engine.specs) {
    const values = engine.parameter(name);
    const copy = into.get(name);
    if (copy) copy.set(values);
    else into.set(name, values.slice());
  }
  return into;
}

function restoreParameters(engine: Engine, parameters: Parameters): void {
  for (const [name, values] of parameters) engine.parameter(name).set(values);
  engine.weightsChanged();
}

/** Embeddings are kept in half precision: what is scored at last is what the file has. */
function roundEmbeddings(specs: Engine['specs'], parameters: Parameters): void {
  for (const { name, init } of specs) {
    if (init !== 'embedding') continue;
    const values = parameters.get(name)!;
    halfToFloat(floatToHalf(values, new Uint16Array(values.length)), values);
  }
}

/** old + (current - old) * share, in place: a mean at first, then exponential (Polyak & Juditsky 1992). */
function average(old: Parameters | undefined, current: Parameters, share: number): Parameters {
  if (!old) return new Map([...current].map(([name, values]) => [name, values.slice()]));
  for (const [name, values] of old) {
    const now = current.get(name)!;
    for (let i = 0; i < values.length; i++) values[i]! += (now[i]! - values[i]!) * share;
  }
  return old;
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
  sentences: readonly Labelled[],
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

/** The share of the corpus's tokens that are in a phrase. */
function matchedShare({ sentences }: Numbered): number {
  let [matched, all] = [0, 0];
  for (const { tokens } of sentences) {
    const { matches, from, to } = tokens!;
    const own = new Set<number>();
    for (const match of matches)
      for (let t = Math.max(from, match.from); t < Math.min(to, match.to); t++) own.add(t);
    matched += own.size;
    all += to - from;
  }
  return matched / all;
}

/** The rate of the next update. */
function rateAt(
  { schedule, learningRate, warmup, decay, epochs }: Hyperparameters,
  { epoch, updates, rateLeft }: TrainingState,
): number {
  const share = {
    inverse: 1 / (1 + decay * epoch),
    cosine: (1 + Math.cos((Math.PI * epoch) / epochs)) / 2,
    plateau: rateLeft,
    constant: 1,
  }[schedule as 'inverse' | 'cosine' | 'plateau' | 'constant'];
  return learningRate * share * Math.min(1, (updates + 1) / (warmup + 1));
}

function clipOf({ clip }: Hyperparameters): Pick<StepOptions, 'clipNorm' | 'clipValue'> {
  const parsed = parseClip(clip)!;
  if (parsed.kind === 'none') return {};
  return parsed.kind === 'norm' ? { clipNorm: parsed.limit } : { clipValue: parsed.limit };
}

/**
 * Sentences by which the gradient is measured over distance: the longest of the corpus, cut where it is far enough, and
 * where the tags of the first and the last token are known.
 */
function longest(
  sentences: Numbered['sentences'],
  encoder: TokenEncoder | undefined,
): TrainingBatch {
  const isKnown = (tag: number): boolean => tag >= 0;
  const chosen = sentences
    .map((sentence) => {
      const from = Math.max(0, sentence.tags[0]!.findIndex(isKnown));
      const far = sentence.tags[0]!.subarray(from, from + PROBE_DISTANCE + 1);
      return { sentence, from, to: from + far.findLastIndex(isKnown) + 1 };
    })
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, PROBE_SENTENCES);
  const cut = (of: (sentence: Numbered['sentences'][number]) => Int32Array): Int32Array[] =>
    chosen.map(({ sentence, from, to }) => of(sentence).subarray(from, to));
  const heads = sentences[0]?.tags.map((_, head) => cut((s) => s.tags[head]!)) ?? [];
  const tokens =
    encoder &&
    chosen.map(({ sentence, from, to }) => {
      const own = sentence.tokens!;
      return encoder.bags({ ...own, from: own.from + from, to: own.from + to });
    });
  return {
    types: cut((s) => s.types),
    words: cut((s) => s.words),
    ...(tokens && { tokens }),
    tags: heads,
  };
}

function formatOfTask(
  { format }: CorpusFile,
  read: ReadOptions | undefined,
): Pick<Task, 'format' | 'tokenColumn'> {
  const { tokenColumn } = read ?? {};
  return {
    format,
    ...(tokenColumn !== undefined && { tokenColumn }),
  };
}

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
