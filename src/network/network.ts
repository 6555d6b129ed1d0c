import type { NetworkConfig } from './config.ts';
import { hiddenLayers, inputLayers, outputHeads } from './layers/index.ts';
import { type Input, joinInputs } from './layers/input.ts';
import { type LanguageModel, languageModels } from './layers/language-model.ts';
import type { HiddenLayer, LayerContext } from './layers/layer.ts';
import type { OutputHead } from './layers/output.ts';
import type { RecurrentLayer } from './layers/recurrent.ts';
import { listParameters, memberPrefix, type ParameterSpec } from './parameters.ts';

/** A network: its layers, ready to compute. */
export interface Network {
  readonly config: NetworkConfig;
  readonly input: Input;
  /** From the bottom up. */
  readonly hidden: readonly HiddenLayer[];
  /** The first recurrent layer, and the index in `hidden` of the last. */
  readonly first: RecurrentLayer;
  readonly top: number;
  readonly heads: readonly OutputHead[];
  /** Training: one for each direction of the first recurrent layer, or none. */
  readonly languageModels: readonly LanguageModel[];
  /** Index in `hidden` of the layer whose output the language models read. */
  readonly languageModelInput: number;
}

export function createNetwork(context: LayerContext): Network {
  const input = joinInputs(inputLayers(context));
  const { layers: hidden, first, firstOutput, top } = hiddenLayers(context, input.width);
  const heads = outputHeads(context, hidden.at(-1)!.width);
  return {
    ...{ config: context.config, input, hidden, first, top, heads },
    languageModels: languageModels(context),
    languageModelInput: firstOutput,
  };
}

/**
 * All parameters in the order of model files. The word embedding, whose gradient is sparse, comes first. In an
 * ensemble, the parameters of each member come one after another, then the shared parameters.
 */
export function parameterSpecs(config: NetworkConfig): ParameterSpec[] {
  const { parameters, specs } = listParameters();
  createNetwork({ config, parameters, panelWidth: 0 });
  if (config.members === 1) return specs;
  const ofMembers = specs.filter(({ inEnsemble }) => inEnsemble !== 'shared');
  const shared = specs.filter(({ inEnsemble }) => inEnsemble === 'shared');
  const members = Array.from({ length: config.members }, (_, member) =>
    ofMembers.map((spec) => ({ ...spec, name: memberPrefix(member) + spec.name })),
  );
  return [...members.flat(), ...shared];
}
