import { allowedTransitionsOf } from '../model/transitions.ts';
import type { NetworkConfig } from '../network/config.ts';
import type { Engine, OptimizerOptions } from '../network/engine.ts';
import { createEngine } from '../network/engines.ts';
import { initialise } from '../network/initialise.ts';
import type { Random } from '../network/random.ts';
import { parseBptt } from './hyperparameter-values.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { continueFrom } from './init/initial-values.ts';
import type { TrainOptions } from './options.ts';
import type { Prepared } from './prepare.ts';

/**
 * Creates an engine for the network to train. All its parameters are 0.
 * @throws UserError if the network needs more memory than there is
 */
export function openTrainingEngine(
  { config, vocabulary, tagColumns, tagWeights, hyperparameters: h }: Prepared,
  { options, seed }: { options: TrainOptions; seed: number },
): Engine {
  return createEngine({
    config: { ...config, ...(h.lmWeight > 0 && { languageModel: languageModelOf(config, h) }) },
    compute: options,
    transitions: allowedTransitionsOf(config, vocabulary, tagColumns),
    training: {
      dropout: { input: h.dropout, output: h.outputDropout, recurrent: h.recurrentDropout },
      bptt: parseBptt(h.bptt)!,
      labelSmoothing: h.labelSmoothing,
      languageModelWeight: h.lmWeight,
      optimizer: { ...h, optimizer: h.optimizer as OptimizerOptions['optimizer'] },
      seed,
      freezeWords: h.freeze,
      ...(tagWeights && { tagWeights }),
    },
  });
}

/** No more words than the vocabulary has; the first is the unknown word. */
const languageModelOf = (
  { words }: NetworkConfig,
  { lmWords, lmDim }: Hyperparameters,
): { words: number; dim: number } => ({ words: Math.min(words, lmWords + 1), dim: lmDim });

/**
 * Sets the parameters to their initial values: random ones, zeros, those of the model from which training begins.
 * @param options.member the index of the network in its ensemble
 */
export function initialiseParameters(
  engine: Engine,
  { hyperparameters: h, features, initial }: Prepared,
  { random, member }: { random: Random; member: number },
): void {
  const weights = initial?.model.network(member % initial.model.config.members);
  for (const spec of engine.parameters) {
    const values = initialise(spec, random, h);
    if (spec.name === 'token.embedding')
      // an unknown value that training never uses must not change the sum
      for (const row of features?.unknown ?? [])
        values.fill(0, row * h.columnDim, (row + 1) * h.columnDim);
    if (initial && weights) continueFrom(weights, initial.origin, { spec, values });
    engine.setParameter(spec.name, values);
  }
}
