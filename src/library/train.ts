import { formatOf } from '../corpus/index.ts';
import { embed as innerEmbed } from '../embedding/embed.ts';
import { checkEmbedding, embeddingNumbers } from '../embedding/options.ts';
import { loadEngine } from '../network/engines.ts';
import { sweep as innerSweep } from '../training/sweep/sweep.ts';
import { type TrainOptions as InnerTrainOptions, train as innerTrain } from '../training/train.ts';
import { tune as innerTune } from '../training/tune/tune.ts';
import {
  anything,
  boolean,
  checkOptions,
  column,
  computeKinds,
  computeOptions,
  either,
  engineKinds,
  type Kinds,
  listOf,
  numberFrom,
  object,
  oneOf,
  path,
  readFormats,
  readKinds,
  schemeKind,
  signal,
  wholeNumber,
} from './arguments.ts';
import {
  checkCheckpointOptions,
  interruptedError,
  withCheckpoints,
  withEmbeddingCheckpoints,
} from './checkpoints.ts';
import { checkSource } from './corpus.ts';
import type { EmbeddingEvent, EmbeddingResult, EmbedOptions } from './embedding-types.ts';
import { createRun } from './run.ts';
import { asRangeError, checkHyperparameters, checkValues } from './settings.ts';
import type {
  Run,
  SweepEvent,
  SweepOptions,
  SweepResult,
  TrainingEvent,
  TrainingResult,
  TrainOptions,
} from './training-types.ts';
import type { TuneEvent, TuneOptions, TuneResult } from './tune-types.ts';
import type { CorpusSource, EngineOptions } from './types.ts';

const paths = listOf(path, 'a list of paths');
const { absentTag: _, file: __, ...corpusKinds } = readKinds;
const fileKinds: Kinds = {
  ...engineKinds,
  corpora: either(path, listOf(path, 'a list of at least one path', 1)),
  output: path,
  dev: path,
  test: path,
  embeddings: path,
  gazetteers: paths,
  ...corpusKinds,
  lemmaColumn: column,
  fromScheme: schemeKind,
  force: boolean,
  hyperparameters: object('an object such as {hidden: 200}'),
  signal,
};
const initKind = either(path, object("an object such as {model: 'en-ner'}"));
const checkpointKinds: Kinds = {
  checkpoint: path,
  checkpointEvery: numberFrom(0.01, 1e6),
  resume: boolean,
  finish: boolean,
};
const keepOrDrop = oneOf('keep', 'drop');
const initKinds: Kinds = { model: path, words: keepOrDrop, tags: keepOrDrop };
const trainKinds: Kinds = {
  ...fileKinds,
  ...checkpointKinds,
  init: initKind,
  teacher: object("an object such as {model: 'en-ner'}"),
};
const teacherKinds: Kinds = {
  model: path,
  weight: numberFrom(0, 1),
  raw: paths,
  rawFormat: oneOf(...readFormats),
};
const sweepKinds: Kinds = {
  ...fileKinds,
  init: initKind,
  values: object('an object such as {hidden: [100, 200]}'),
  seeds: wholeNumber(1, 10_000),
};
const tuneKinds: Kinds = { ...fileKinds, budget: numberFrom(1, 1e9) };
const embedKinds: Kinds = {
  ...computeKinds,
  ...checkpointKinds,
  texts: anything('a text file or a list of them'),
  output: path,
  format: readKinds.format,
  tokenColumn: column,
  encoding: readKinds.encoding,
  comment: readKinds.comment,
  onNote: readKinds.onNote,
  lowercase: boolean,
  minCount: wholeNumber(1, 1e9),
  ...Object.fromEntries(
    Object.entries(embeddingNumbers).map(([name, { min, max, isInteger }]) => [
      name,
      isInteger ? wholeNumber(min, max) : numberFrom(min, max),
    ]),
  ),
  signal,
};

/**
 * Trains a model and writes it. The same files, hyperparameters and kernels give the same bytes, whatever the number of
 * threads.
 * @returns a run: loop over its events, or call `result()`
 * @throws TypeError or RangeError for wrong arguments, at once. The run throws a UserError for what is wrong with the
 * files, and a DivergedError if training diverges.
 *
 * @example
 * const { score } = await train({ corpora: 'train.conll', output: 'model.safetensors' }).result();
 */
export function train(options: TrainOptions): Run<TrainingEvent, TrainingResult> {
  checkOptions('train', options, { kinds: trainKinds, required: ['corpora', 'output'] });
  const { teacher, hyperparameters = {} } = options;
  if (teacher !== undefined)
    checkOptions('train: teacher', teacher, { kinds: teacherKinds, required: ['model'] });
  const settings = checkHyperparameters('train: hyperparameters', hyperparameters);
  const inner = {
    ...filesOf(options),
    hyperparameters: settings,
    init: initOf('train: init', options),
    ...(teacher && { teacher }),
  };
  checkCheckpointOptions('train', options);
  return createRun<TrainingEvent, TrainingResult>(
    'train',
    withEngine(options, (engine) => innerTrain(withCheckpoints({ ...inner, ...engine }, options))),
    (event) => {
      if (event.type === 'interrupted') return interruptedError('train', event);
      if (event.type !== 'end') return undefined;
      const { type: _, ...result } = event;
      return result;
    },
  );
}

/**
 * Trains every combination of values with several seeds, and keeps the best model. Each finished run is recorded.
 * Called again, an interrupted sweep continues.
 * @returns a run: loop over its events, or call `result()`
 * @throws TypeError or RangeError for wrong arguments, at once. The run throws a UserError for what is wrong with the
 * files, or if the record belongs to another sweep.
 *
 * @example
 * const { rows } = await sweep({
 *   corpora: 'train.conll',
 *   output: 'best.safetensors',
 *   values: { hidden: [50, 100], cell: ['lstm', 'gru'] },
 *   seeds: 3,
 * }).result();
 */
export function sweep(options: SweepOptions): Run<SweepEvent, SweepResult> {
  checkOptions('sweep', options, {
    kinds: sweepKinds,
    required: ['corpora', 'output', 'values'],
  });
  const { values, seeds, hyperparameters = {} } = options;
  checkValues('sweep: values', values);
  const settings = checkHyperparameters('sweep: hyperparameters', hyperparameters);
  const inner = {
    ...filesOf(options),
    init: initOf('sweep: init', options),
    hyperparameters: { ...settings },
    values: values as Readonly<Record<string, readonly unknown[]>>,
    seeds,
  };
  return createRun<SweepEvent, SweepResult>(
    'sweep',
    withEngine(options, (engine) => innerSweep({ ...inner, ...engine })),
    (event) => {
      if (event.type !== 'sweep') return undefined;
      const { complete, rows, best, model, record } = event;
      return { complete, rows, best, model, record };
    },
  );
}

/**
 * Finds the recipe with the best dev score in a given time, and keeps its model. The default recipe is always trained to
 * the end, and the model is at least as good on dev. Each step is recorded. Called again, also with a larger budget, it
 * continues.
 * @returns a run: loop over its events, or call `result()`
 * @throws TypeError or RangeError for wrong arguments, at once. The run throws a UserError for what is wrong with the
 * files, or if the record belongs to another tuning, and a DivergedError if the default recipe diverges.
 *
 * @example
 * const { best, command } = await tune({
 *   corpora: 'train.conll',
 *   dev: 'dev.conll',
 *   output: 'best.safetensors',
 *   budget: 30 * 60,
 * }).result();
 */
export function tune(options: TuneOptions): Run<TuneEvent, TuneResult> {
  checkOptions('tune', options, {
    kinds: tuneKinds,
    required: ['corpora', 'output', 'budget'],
  });
  const { budget, hyperparameters = {} } = options;
  const settings = checkHyperparameters('tune: hyperparameters', hyperparameters);
  const inner = { ...filesOf(options), hyperparameters: settings, budget };
  return createRun<TuneEvent, TuneResult>(
    'tune',
    withEngine(options, (engine) => innerTune({ ...inner, ...engine })),
    (event) => {
      if (event.type !== 'tuned') return undefined;
      const { complete, used, rows, best, noise, command, model, record } = event;
      return { complete, used, rows, best, noise, command, model, record };
    },
  );
}

/** @throws TypeError or RangeError for wrong options */
function initOf(where: string, { init }: Pick<TrainOptions, 'init'>): InnerTrainOptions['init'] {
  if (typeof init !== 'object') return init === undefined ? undefined : { model: init };
  checkOptions(where, init, { kinds: initKinds, required: ['model'] });
  const { model, words, tags } = init;
  return { model, words, tags };
}

/** Returns a function that loads the engine of the options and then starts. */
const withEngine = <Event>(
  { engine }: EngineOptions,
  start: (engine: Awaited<ReturnType<typeof loadEngine>>) => AsyncGenerator<Event>,
) =>
  async function* (): AsyncGenerator<Event> {
    yield* start(await loadEngine(engine));
  };

function filesOf(
  options: Omit<TrainOptions, 'teacher' | 'init'>,
): Omit<InnerTrainOptions, 'hyperparameters'> {
  const { corpora, output, dev, test, embeddings, gazetteers } = options;
  const { format, tokenColumn, tagColumn, featureColumn, header } = options;
  const { encoding, comment, labels, strictSpans, onNote } = options;
  return {
    ...computeOptions(options),
    corpora: typeof corpora === 'string' ? [corpora] : corpora,
    output,
    dev,
    test,
    embeddings,
    gazetteers,
    read: {
      ...{ format, tokenColumn, tagColumn, featureColumn, header },
      ...{ encoding, comment, labels, strictSpans, onNote },
    },
    fromScheme: options.fromScheme,
    force: options.force,
    ...(onNote && { onWarning: onNote }),
    lemmaColumn: options.lemmaColumn,
    signal: options.signal as AbortSignal | undefined,
  };
}

/**
 * Trains word vectors on raw text, by skip-gram with character n-grams, and writes them. The same texts, options and
 * kernels give the same bytes, whatever the number of threads.
 * @returns a run: loop over its events, or call `result()`
 * @throws TypeError or RangeError for wrong arguments, at once. The run throws a UserError for what is wrong with the
 * files, and a DivergedError if training diverges.
 *
 * @example
 * const { words } = await embed({ texts: 'news.txt.gz', output: 'vectors.vec' }).result();
 */
export function embed(options: EmbedOptions): Run<EmbeddingEvent, EmbeddingResult> {
  checkOptions('embed', options, { kinds: embedKinds, required: ['texts', 'output'] });
  const { texts, output, format, tokenColumn, lowercase, minCount, signal } = options;
  const { encoding, comment, onNote } = options;
  const sources = Array.isArray(texts)
    ? (texts as readonly CorpusSource[])
    : [texts as CorpusSource];
  for (const source of sources) checkSource('embed: texts', source);
  if (sources.length === 0) throw new RangeError('embed: texts: expected at least one.');
  const numbers = asRangeError(() => checkEmbedding({ ...options }));
  const inner = {
    ...computeOptions(options),
    texts: sources.map((source) => ({
      source,
      read: {
        format: format ?? (typeof source === 'string' ? formatOf(source) : 'text'),
        ...{ tokenColumn, encoding, comment, onNote },
      },
    })),
    output,
    numbers,
    lowercase,
    minCount,
    signal: signal as AbortSignal | undefined,
    ...(onNote && { onWarning: onNote }),
  };
  checkCheckpointOptions('embed', options);
  return createRun<EmbeddingEvent, EmbeddingResult>(
    'embed',
    () => innerEmbed(withEmbeddingCheckpoints(inner, options)),
    (event) => {
      if (event.type === 'interrupted') return interruptedError('embed', event);
      if (event.type !== 'end') return undefined;
      const { type: _, ...result } = event;
      return result;
    },
  );
}
