import { createTensorFlowEngine } from '../../src/network/tensorflow/engine.ts';
import { fillParameters } from '../network/sample.ts';
import type { CreateFilled } from '../network/step-cases.ts';

/** A TensorFlow engine with random parameters. */
export const createFilled: CreateFilled = ({ config, training, allowed }) => {
  const engine = createTensorFlowEngine({
    config,
    training,
    ...(allowed && { transitions: allowed }),
  });
  fillParameters(engine);
  return engine;
};
