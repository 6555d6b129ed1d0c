import { Numbering } from '../batch.ts';
import type {
  Engine,
  OptimizerState,
  PreparedBatch,
  StepOptions,
  StepResult,
  TrainingBatch,
  TrainingOptions,
} from '../engine.ts';
import { sumOf, type TrainingSteps } from '../training-steps.ts';
import { type ArrayTrainingBatch, createTrainingArrays } from './batch.ts';
import { type Context, createPass, uploadBatch } from './context.ts';
import { hiddenLayers } from './hidden.ts';
import { inputLayer } from './input.ts';
import { type LossScales, totalLoss } from './loss.ts';
import { lossArrays, tokenWeights } from './loss-arrays.ts';
import { createMasks, maskWidths } from './masks.ts';
import type { Tensor } from './tfjs.ts';
import {
  createVariable,
  type LearnedVariable,
  momentCount,
  type Rates,
  updateRows,
  updateVariable,
} from './variables.ts';

export interface Training extends TrainingSteps {
  close(): void;
}

type Batches = readonly ArrayTrainingBatch[];

/** The gradients of a step, in the order of the parameters. */
interface Gradients {
  readonly loss: number;
  /** (used) Rows of the word embedding. */
  readonly ids: Tensor;
  /** (used, wordDim); undefined if the embedding is frozen. */
  readonly words: Tensor | undefined;
  readonly dense: readonly Tensor[];
}

/** Converts a batch to the arrays that the engine reads. */
export const prepareBatch = (context: Context, batch: TrainingBatch): ArrayTrainingBatch =>
  createTrainingArrays(context.config, context.numberingFor(batch.wordTypes), batch);

export function createTraining(
  context: Context,
  options: TrainingOptions,
  parametersChanged: () => void,
): Training {
  const { ops, config, specs, variables } = context;
  const { tf } = ops;
  const { optimizer, freezeWords = false, languageModelWeight = 1 } = options;
  const learned = specs.map(
    (spec, i): LearnedVariable => ({
      spec,
      variable: variables.get(spec.name)!,
      // the word embedding comes first
      moments: Array.from({ length: i === 0 && freezeWords ? 0 : momentCount(optimizer) }, () =>
        createVariable(ops, spec.shape),
      ),
    }),
  );
  const [words, ...dense] = learned as [LearnedVariable, ...LearnedVariable[]];
  const wordRows = new Numbering(config.words);
  const widths = maskWidths(config);
  let updates = 0;
  let batchCount = 0;

  const asArrays = (batch: TrainingBatch | PreparedBatch): ArrayTrainingBatch =>
    'arrays' in batch
      ? (batch as ArrayTrainingBatch)
      : prepareBatch(context, batch as TrainingBatch);

  /** The loss and gradients of all batches. */
  function computeGradients(batches: Batches): Gradients {
    const tokens = sumOf(batches, (batch) => batch.tokens);
    const weights = batches.map((batch) => tokenWeights(context, batch));
    const scales: LossScales = {
      heads: config.tags.map((_, h) => 1 / (sumOf(weights, (heads) => heads[h]!.sum) || 1)),
      languageModels: languageModelWeight / tokens,
    };
    wordRows.reset();
    const wordIndices = batches.map((batch) => batch.words.map((word) => wordRows.number(word)));
    const ids = tf.tensor(Int32Array.from(wordRows.items), [wordRows.items.length], 'int32');
    const leaves = [words.variable.gather(ids), ...dense.map(({ variable }) => variable.read())];
    const leafOf = new Map(specs.map(({ name }, i) => [name, leaves[i]!]));
    const parameter = (name: string): Tensor => leafOf.get(name)!;
    const inputs = freezeWords ? leaves.slice(1) : leaves;
    let sums: (Tensor | undefined)[] = inputs.map(() => undefined);
    let loss = 0;
    batches.forEach((batch, i) => {
      if (batch.tokens === 0) return;
      const arrays = uploadBatch(context, batch, {
        'word.rows': wordIndices[i]!,
        ...lossArrays(context, batch, weights[i]!),
        ...createMasks(options, { config, ...batch, batch: batchCount + i, widths }),
      });
      const found = ops.differentiate(() => {
        const rows = ops.rows(leaves[0]!, arrays['word.rows']!);
        const pass = createPass(context, { batch, inputs: arrays, parameter, words: rows });
        return totalLoss(pass, hiddenLayers(pass, inputLayer(pass)), scales);
      }, inputs);
      loss += found.value.dataSync()[0]!;
      sums = sums.map((sum, j) => {
        const gradient = found.gradients[j];
        return sum && gradient ? tf.add(sum, gradient) : (sum ?? gradient);
      });
    });
    const all = sums.map((sum, j) => sum ?? tf.zeros(inputs[j]!.shape));
    return { loss, ids, words: freezeWords ? undefined : all[0], dense: all.slice(-dense.length) };
  }

  function applyGradients(gradients: Gradients, rates: Rates): void {
    const how = { rates, options: optimizer };
    dense.forEach((parameter, i) => {
      updateVariable(ops, parameter, gradients.dense[i]!, how);
    });
    if (gradients.words)
      updateRows(ops, words, { ids: gradients.ids, gradient: gradients.words }, how);
  }

  function trainStep(
    given: Parameters<Engine['trainStep']>[0],
    { learningRate, clipNorm = 0, clipValue = Number.POSITIVE_INFINITY, meanwhile }: StepOptions,
  ): StepResult {
    const batches = [given].flat().map(asArrays);
    const tokens = sumOf(batches, (batch) => batch.tokens);
    const result = tf.tidy(() => {
      // the parameters that were read are disposed of before they change
      const gradients = tf.tidy(() => computeGradients(batches));
      const all = [...(gradients.words ? [gradients.words] : []), ...gradients.dense];
      const { loss } = gradients;
      const gradientNorm = Math.sqrt(2 * ops.scalarOf(tf.addN(all.map(ops.halfSquares))));
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
        return { loss, gradientNorm, tokens, clipped: false };
      updates++;
      batchCount += batches.length;
      const scale = clipNorm > 0 && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;
      const isOverLimit =
        Number.isFinite(clipValue) &&
        all.some((gradient) => scale * ops.scalarOf(tf.max(tf.abs(gradient))) > clipValue);
      applyGradients(gradients, { learningRate, scale, limit: clipValue, update: updates });
      parametersChanged();
      return { loss, gradientNorm, tokens, clipped: scale < 1 || isOverLimit };
    });
    meanwhile?.();
    return result;
  }

  const withMoments = learned.filter(({ moments }) => moments.length > 0);
  return {
    trainStep,
    getOptimizerState: () => ({
      updates,
      batches: batchCount,
      moments: Object.fromEntries(
        withMoments.map(({ spec, moments }) => [spec.name, moments.map(({ values }) => values())]),
      ),
    }),
    setOptimizerState(state: OptimizerState) {
      for (const { spec, moments, variable } of withMoments) {
        const given = state.moments[spec.name];
        if (given?.length !== moments.length || given.some((m) => m.length !== variable.size))
          throw new RangeError(`the optimizer state of ${spec.name} does not fit this network`);
        moments.forEach((moment, i) => {
          moment.assign(given[i]!);
        });
      }
      updates = state.updates;
      batchCount = state.batches;
    },
    close() {
      for (const { moments } of learned) for (const moment of moments) moment.close();
    },
  };
}
