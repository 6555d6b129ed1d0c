import { countPairs } from '../evaluation/counts.ts';
import { countCertainPairs } from '../evaluation/partial.ts';
import { createReport, type Report } from '../evaluation/report.ts';
import type { Model, Scores, TrainingRecord } from '../model/model.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { createBuiltinEngine } from '../network/builtin/engine.ts';
import { headName } from '../network/config.ts';
import { createPredictor, type Predictor } from '../tagging/predictor.ts';
import { pool } from './ensemble.ts';
import type { TrainOptions } from './options.ts';
import { type Parameters, setParameters } from './parameters.ts';
import type { Prepared } from './prepare.ts';
import { hasOnlyCertainTags, type TrainedColumn } from './trained-columns.ts';

/** What networks are worth, alone or together, and all that is to be kept of them. */
export interface Assessment
  extends Pick<Model, 'config' | 'parameters' | 'vocabulary' | 'tagColumns'> {
  readonly kernels: string;
  readonly biases: Pick<TrainingRecord, 'recallBias'>;
  readonly dev: readonly Report[];
  readonly test: readonly Report[] | undefined;
  readonly scores: Pick<TrainingRecord, 'dev' | 'test'>;
  readonly score: number;
}

/** Makes networks one that tags, chooses what is taken from the scores of tags, unless it is given, and scores it. */
export async function assess(
  prepared: Prepared,
  {
    options,
    networks,
    biases: given,
  }: {
    options: TrainOptions;
    networks: readonly { readonly parameters: Parameters }[];
    biases?: readonly number[];
  },
): Promise<Assessment> {
  const { columns, tagColumns, vocabulary, partial, recallBias, biasedTags } = prepared;
  const { config, parameters } = pool(
    prepared.config,
    networks.map((network) => network.parameters),
  );
  const engine = createBuiltinEngine({
    config,
    compute: options,
    transitions: allowedTransitionsOf(config, vocabulary, tagColumns),
  });
  try {
    setParameters(engine, parameters);
    const predictor = createPredictor(engine, vocabulary, tagColumns);
    /** Sets the penalty on the tag of column `c` to what is given, or to what gives the best dev score; returns it, in nats. */
    const biasRecall = (tag: number, c: number): number => {
      if (tag < 0) return 0;
      // without gold tags for `O` nothing that is found is an error, and more recall would always be better
      if (partial && !given && !recallBias && !hasOnlyCertainTags(columns[c]!.dev)) return 0;
      const name = `${headName(c)}.bias`;
      const bias = parameters.get(name)!;
      const unbiased = bias[tag]!;
      const penalise = (nats: number): void => {
        bias[tag] = unbiased - nats;
        engine.setParameter(name, bias);
      };
      const scoreWith = (nats: number): number => {
        penalise(nats);
        return scoreOf(evaluate(predictor, columns, { role: 'dev', partial })[c]!);
      };
      const chosen =
        given?.[c] ??
        recallBias?.nats ??
        RECALL_BIASES.map((nats) => ({ nats, score: scoreWith(nats) })).reduce((a, b) =>
          b.score > a.score ? b : a,
        ).nats;
      penalise(chosen);
      return chosen;
    };
    const biases = biasedTags.map(biasRecall);
    const dev = evaluate(predictor, columns, { role: 'dev', partial });
    const test = columns[0]!.test && evaluate(predictor, columns, { role: 'test', partial });
    return {
      config,
      parameters,
      vocabulary,
      tagColumns,
      kernels: `${engine.description.kind} ${engine.description.isa}`,
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

/** What `auto` tries to take from the score of the outside tag, in nats. */
const RECALL_BIASES = Array.from({ length: 13 }, (_, i) => i / 4);

/** A report for each column. */
export function evaluate(
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
      tagColumn: { scheme },
    } = column;
    const countTags = partial ? countCertainPairs : countPairs;
    const counted = countTags(pairs, {
      scheme,
      isKnown: predictor.isKnown,
      seenTags,
    });
    return createReport(counted);
  });
}

const scoreOf = ({ spans, accuracy }: Report): number =>
  spans ? (spans.f1 ?? 0) : (accuracy ?? 0);

export const meanScore = (reports: readonly Report[]): number =>
  reports.reduce((sum, one) => sum + scoreOf(one), 0) / reports.length;

const scoresOf = ({ spans, accuracy }: Report): Scores =>
  spans ? { accuracy, f1: spans.f1 } : { accuracy };
