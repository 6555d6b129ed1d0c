import type { BackendOptions } from '../backend/backend.ts';
import { createBuiltinEngine } from './builtin/engine.ts';
import type { Engine, EngineOptions } from './engine.ts';

export const engineNames = ['builtin', 'tensorflow'] as const;
export type EngineName = (typeof engineNames)[number];

/** @throws UserError if the engine does not work on this machine, or the network is too large for it */
export type CreateEngine = (
  options: EngineOptions & {
    readonly compute?: ComputeOptions;
    /** See `BuiltinOptions`. */
    readonly singleThreadTokens?: number;
  },
) => Engine;

/** How to compute. */
export interface ComputeOptions extends BackendOptions {
  /** Creates engines. Default: the built-in engine. */
  readonly createEngine?: CreateEngine;
}

/** Creates the engine that `compute` chooses. */
export const createEngine: CreateEngine = (options) =>
  (options.compute?.createEngine ?? createBuiltinEngine)(options);

/** Loads the code of an engine, as an option of computation. TensorFlow itself is loaded by the first engine. */
export async function loadEngine(
  name: EngineName = 'builtin',
): Promise<Pick<ComputeOptions, 'createEngine'>> {
  if (name === 'builtin') return {};
  const { createTensorFlowEngine } = await import('./tensorflow/engine.ts');
  return { createEngine: createTensorFlowEngine };
}
