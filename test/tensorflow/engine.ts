import type { Engine, TrainingOptions } from '../../src/network/engine.ts';
import { createTensorFlowEngine } from '../../src/network/tensorflow/engine.ts';
import {
  createFilled as createBuiltin,
  fillParameters,
  openSingle,
  type Sample,
} from '../network/sample.ts';

type Options = Pick<Sample, 'config' | 'allowed'> & { training?: TrainingOptions };

/** A TensorFlow engine with random parameters. */
export function createFilled({ config, training, allowed }: Options): Engine {
  const engine = createTensorFlowEngine({
    config,
    ...(training && { training }),
    ...(allowed && { transitions: allowed }),
  });
  fillParameters(engine);
  return engine;
}

/** The TensorFlow engine and the built-in engine, with the same parameters. */
export const createBoth = (options: Options): { tensorflow: Engine; builtin: Engine } => ({
  tensorflow: createFilled(options),
  builtin: createBuiltin({ backend: openSingle('wasm'), ...options }),
});
