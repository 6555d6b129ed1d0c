import type { Engine, EngineOptions } from '../engine.ts';
import { tagsOnly } from '../training-steps.ts';
import { createContext } from './context.ts';
import { createInference } from './inference.ts';
import { openTensorFlow } from './package.ts';
import { gradientNorms } from './probing.ts';
import { createTraining, prepareBatch } from './training.ts';

/** Maximum number of tokens of a batch for `emissions`. */
const MOST_TOKENS = 4096;

/**
 * The engine on TensorFlow.
 * @throws UserError if TensorFlow is not installed or does not work
 */
export function createTensorFlowEngine(
  options: EngineOptions & { readonly compute?: { readonly threads?: number } },
): Engine {
  const { tf, version, device, threads } = openTensorFlow(options.compute);
  const context = createContext(tf, options);
  const { config, variables, specs } = context;
  const inference = createInference(context);
  const training = options.training
    ? createTraining(context, options.training, inference.parametersChanged)
    : { ...tagsOnly, close: () => undefined };

  const variableOf = (name: string) => {
    const variable = variables.get(name);
    if (!variable) throw new RangeError(`the network has no parameter ${name}`);
    return variable;
  };

  const stored = new Map(specs.map(({ name }) => [name, new Float32Array(variableOf(name).size)]));
  options.readParameters?.((name) => {
    variableOf(name);
    return stored.get(name)!;
  });
  for (const [name, values] of stored) variableOf(name).assign(values);
  stored.clear();

  return {
    config,
    description: { kind: 'tensorflow', isa: `${version} ${device}`, threads },
    parameters: specs,
    maxTokens: MOST_TOKENS,
    getParameter(name, into) {
      const values = variableOf(name).values();
      if (!into) return values;
      into.set(values);
      return into;
    },
    setParameter(name, values) {
      const variable = variableOf(name);
      if (values.length !== variable.size)
        throw new RangeError(`${name} has ${variable.size} values, not ${values.length}`);
      variable.assign(values);
      inference.parametersChanged();
    },
    prepare: (batch) => prepareBatch(context, batch),
    trainStep: training.trainStep,
    gradientNorms: (batch, { distance }) => gradientNorms(context, batch, distance),
    getOptimizerState: training.getOptimizerState,
    setOptimizerState: training.setOptimizerState,
    emissions: inference.emissions,
    beginEmissions(batch, asked) {
      const found = inference.emissions(batch, asked);
      return () => found;
    },
    async close() {
      training.close();
      for (const variable of variables.values()) variable.close();
      context.ops.close();
      await inference.close();
    },
  };
}
