import { type Backend, openBackend } from '../backend/backend.ts';
import {
  createTokenEncoder,
  type Noise,
  type TokenEncoder,
} from '../corpus/features/token-features.ts';
import { isBorder } from '../corpus/vocabulary.ts';
import { DivergedError } from '../errors.ts';
import {
  countParameters,
  type EpochRecord,
  type GradientProfile,
  type TrainingRecord,
} from '../model/model.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { createEngine } from '../network/builtin/engine.ts';
import type {
  OptimizerOptions,
  PreparedBatch,
  Reading,
  StepOptions,
  TrainingBatch,
} from '../network/engine.ts';
import { initialise } from '../network/initialise.ts';
import { createRandom, type Random, type RandomState, seedState } from '../network/random.ts';
import { createPredictor } from '../tagging/predictor.ts';
import { evaluate, meanScore } from './assess.ts';
import type { RunPosition, StopReason, TrainingEvent } from './events.ts';
import { parseBptt, parseClip } from './hyperparameter-values.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { countTokens } from './labelled-corpus.ts';
import { epochBatches, type NumberedCorpus } from './numbered-corpus.ts';
import type { TrainOptions } from './options.ts';
import {
  average,
  copyParameters,
  type Parameters,
  restoreParameters,
  roundEmbeddings,
} from './parameters.ts';
import type { Prepared } from './prepare.ts';

/** A network that was trained, at its best epoch. */
export interface TrainedNetwork
  extends Pick<TrainingRecord, 'seed' | 'bestEpoch' | 'epochs' | 'gradients'> {
  readonly parameters: Parameters;
  readonly stopped: StopReason;
  /** What happened if the network diverged: one line. */
  readonly divergence?: string | undefined;
  /** That it was trained on, over all epochs. */
  readonly tokens: number;
  readonly trainingSeconds: number;
}

/** Where training stands. */
interface TrainingState {
  epoch: number;
  /** Updates so far, over all epochs; and what plateaus have left of the rate. */
  updates: number;
  rateLeft: number;
  random: RandomState;
  history: EpochRecord[];
  /** Running average of the parameters at the ends of epochs; these, not the last ones, are scored and kept. */
  average: Parameters | undefined;
  best: { epoch: number; score: number; parameters: Parameters } | undefined;
}

const PROBE_SENTENCES = 64;
const PROBE_DISTANCE = 200;

/** Time between two progress events, in milliseconds. */
const PROGRESS_INTERVAL = 100;

/** Training computes without pause: this lets a signal or a spinner have its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const seconds = (since: number): number => (performance.now() - since) / 1000;

/**
 * Trains a network, the ensemble's `member`, from 0; after a `developmentRun`, with the scores and to the best epoch of that.
 */
export async function* learn(
  prepared: Prepared,
  {
    options,
    member,
    developmentRun,
  }: { options: TrainOptions; member: number; developmentRun?: TrainedNetwork },
): AsyncGenerator<TrainingEvent, TrainedNetwork> {
  const { signal } = options;
  const { columns, trainSentences, tagColumns, vocabulary, pretrained, features } = prepared;
  const { config, corpus, tagWeights, partial, tokens } = prepared;
  const h = { ...prepared.hyperparameters, seed: prepared.hyperparameters.seed + member };
  const epochs = developmentRun?.bestEpoch ?? h.epochs;
  const position: RunPosition = {
    ...(h.ensemble > 1 && { member: member + 1, members: h.ensemble }),
    ...(developmentRun && { refit: { sentences: trainSentences.length, tokens } }),
  };
  const backend = openBackend(options);
  const engine = createEngine({
    backend,
    config,
    allowed: allowedTransitionsOf(config, vocabulary, tagColumns),
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
    const predictor = createPredictor(engine, vocabulary, tagColumns);
    if (member === 0 && !developmentRun) yield startEvent(prepared, backend, epochs);

    const batchSize =
      h.batchSize || Math.min(32, Math.max(4, Math.ceil(trainSentences.length / 100)));
    const lengths = corpus.sentences.map(({ words }) => words.length);
    const epochTokens = lengths.reduce((sum, n) => sum + n, 0); // those that windows share, twice
    const clip = clipOf(h);
    const encoder = features && createTokenEncoder(features.features);
    const { reading, batchOf } = createBatcher(prepared, { random, encoder });
    const probed = longest(corpus.sentences, encoder);
    const profile = (): GradientProfile =>
      engine.gradientNorms(probed, { types: corpus.types, distance: PROBE_DISTANCE });
    const initial = profile();
    const trainingBegan = performance.now();
    const networksAfter = h.ensemble - 1 - member + (h.refit && !developmentRun ? h.ensemble : 0);
    const epochsAfter = networksAfter * h.epochs;
    let current: Parameters | undefined; // at the end of the epoch, before averaging
    let stopped: TrainedNetwork['stopped'] = 'epochs';
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
          ...position,
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
      const reports = developmentRun ? [] : evaluate(predictor, columns, { role: 'dev', partial });
      const score = developmentRun ? developmentRun.epochs[state.epoch]!.score : meanScore(reports);
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
        ...position,
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

/** What is to be told before the first epoch. */
function startEvent(
  prepared: Prepared,
  { kind, isa, pool }: Backend,
  epochs: number,
): TrainingEvent {
  const { hyperparameters: h, config, corpus, trainSentences, dev, tagColumn, tokens } = prepared;
  const { pretrained, features, gazetteers, heldOut } = prepared;
  return {
    type: 'start',
    train: { sentences: trainSentences.length, tokens },
    dev: { sentences: dev.length, tokens: countTokens(dev), heldOut },
    words: config.words,
    chars: config.chars,
    tags: config.tags[0]!,
    scheme: tagColumn.scheme,
    parameters: countParameters({ ...config, members: h.ensemble }),
    backend: `${kind} ${isa}`,
    threads: pool.threads,
    epochs,
    ...(pretrained && { pretrained: { coverage: pretrained.coverage, kept: pretrained.kept } }),
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
}

/** Makes batches of sentences, with what training hides: of words, characters, columns and phrases. */
function createBatcher(
  { hyperparameters: h, columns, corpus, teacherTargets, wordCounts, features }: Prepared,
  { random, encoder }: { random: Random; encoder: TokenEncoder | undefined },
): { reading: Reading; batchOf: (places: readonly number[]) => TrainingBatch } {
  const noise: Noise = {
    isUnknown: (row) => features!.counts[row] === 1 && random() < h.unknownProbability,
    isOverlooked: () => h.gazetteerDropout > 0 && random() < h.gazetteerDropout,
  };
  const isUnknown = (word: number): boolean =>
    (wordCounts[word] === 1 && random() < h.unknownProbability) ||
    (h.wordDropout > 0 && random() < h.wordDropout);
  const hidden = (char: number): boolean => !isBorder(char) && random() < h.charDropout;
  return {
    reading: {
      types: corpus.types,
      charAs: h.charDropout > 0 ? (char) => (hidden(char) ? 0 : char) : undefined,
    },
    batchOf(places) {
      const sentences = places.map((i) => corpus.sentences[i]!);
      const tags = places.map((i) => teacherTargets?.draw(i, random) ?? corpus.sentences[i]!.tags);
      return {
        types: sentences.map((s) => s.types),
        words: sentences.map(({ words }) => words.map((word) => (isUnknown(word) ? 0 : word))),
        ...(encoder && { tokens: sentences.map((s) => encoder.bags(s.tokens!, noise)) }),
        tags: columns.map((_, c) => tags.map((own) => own[c]!)),
        sets: corpus.sets,
      };
    },
  };
}

/** The share of the corpus's tokens that are in a phrase. */
function matchedShare({ sentences }: NumberedCorpus): number {
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
  sentences: NumberedCorpus['sentences'],
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
  const cut = (of: (sentence: NumberedCorpus['sentences'][number]) => Int32Array): Int32Array[] =>
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
