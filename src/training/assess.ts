import type { Report } from '../evaluation/report.ts';
import type { Model, Scores, TagColumn, TrainingRecord } from '../model/model.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { createEngine } from '../network/engines.ts';
import { createPredictor } from '../tagging/predictor.ts';
import { joinNetworks } from './ensemble.ts';
import { createEvaluator } from './evaluator.ts';
import { withLexicons } from './lemma-lexicons.ts';
import type { TrainOptions } from './options.ts';
import { type Parameters, setParameters } from './parameters.ts';
import { biasName, meanScore, setPenalties } from './penalties.ts';
import type { Prepared } from './prepare.ts';

/** Networks joined to one model, with its scores. */
export interface Assessment
  extends Pick<Model, 'config' | 'parameters' | 'vocabulary' | 'tagColumns'> {
  readonly kernels: string;
  readonly biases: Pick<TrainingRecord, 'recallBias'>;
  readonly dev: readonly Report[];
  readonly test: readonly Report[] | undefined;
  readonly scores: Pick<TrainingRecord, 'dev' | 'test'>;
  readonly score: number;
}

/**
 * Joins networks to one, sets the penalty on a tag of each column, chooses lexicons of lemmas, and scores the result.
 * @param options.biases the penalties, in nats. Default: the penalties of the hyperparameters, or those with the best
 * dev score.
 * @param options.tagColumns the tag columns of the development run, for a refit, which has the same kind of lexicons
 */
export async function assess(
  prepared: Prepared,
  {
    options,
    networks,
    biases: given,
    tagColumns: tagColumnsBefore,
  }: {
    options: TrainOptions;
    networks: readonly { readonly parameters: Parameters }[];
    biases?: readonly number[];
    tagColumns?: readonly TagColumn[];
  },
): Promise<Assessment> {
  const { columns, vocabulary, partial } = prepared;
  const { config, parameters } = joinNetworks(
    prepared.config,
    networks.map((network) => network.parameters),
  );
  const engine = createEngine({
    config,
    compute: options,
    transitions: allowedTransitionsOf(config, vocabulary, prepared.tagColumns),
  });
  try {
    setParameters(engine, parameters);
    const tagColumns = withLexicons(engine, prepared, { given: tagColumnsBefore });
    const predictor = createPredictor(engine, vocabulary, tagColumns);
    const evaluators = { partial, vocabulary };
    const devSet = createEvaluator(predictor, columns, { ...evaluators, role: 'dev' });

    const biases = setPenalties(engine, prepared, { devSet, given });
    for (const c of biases.keys()) engine.getParameter(biasName(c), parameters.get(biasName(c)));
    const dev = devSet.reports();
    const test =
      columns[0]!.test &&
      createEvaluator(predictor, columns, { ...evaluators, role: 'test' }).reports();
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

const scoresOf = ({ spans, accuracy }: Report): Scores =>
  spans ? { accuracy, f1: spans.f1 } : { accuracy };
