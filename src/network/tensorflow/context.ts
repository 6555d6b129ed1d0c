import { Numbering } from '../batch.ts';
import type { NetworkConfig } from '../config.ts';
import type { EngineOptions, TrainingOptions, WordTypes } from '../engine.ts';
import { parameterSpecs } from '../network.ts';
import { memberPrefix, type ParameterSpec } from '../parameters.ts';
import { type ArrayBatch, type Arrays, upload } from './batch.ts';
import { createOps, type Ops } from './ops.ts';
import type { Pass } from './pass.ts';
import type { Tensor, Tfjs } from './tfjs.ts';
import { createVariable, type Variable } from './variables.ts';

/** State that all parts of the engine use. */
export interface Context {
  readonly ops: Ops;
  readonly config: NetworkConfig;
  readonly training: TrainingOptions | undefined;
  readonly transitions: readonly (Int32Array | undefined)[];
  readonly specs: readonly ParameterSpec[];
  readonly variables: ReadonlyMap<string, Variable>;
  /** Returns the numbering for the types of a table. */
  numberingFor(types: WordTypes): Numbering;
}

export function createContext(
  tf: Tfjs,
  { config, training, transitions = [] }: EngineOptions,
): Context {
  const ops = createOps(tf);
  const specs = parameterSpecs(config);
  const variables = new Map(specs.map(({ name, shape }) => [name, createVariable(ops, shape)]));
  let numbering = new Numbering(0);
  return {
    ...{ ops, config, training, transitions, specs, variables },
    numberingFor({ words }) {
      if (numbering.size < words.length) numbering = new Numbering(2 * words.length);
      return numbering;
    },
  };
}

/** The name of a parameter of a member of an ensemble; undefined for a shared one that only the first member has. */
export function memberParameter({ config, specs }: Context, name: string, member: number): string {
  if (config.members === 1 || specs.some((spec) => spec.name === name)) return name;
  return memberPrefix(member) + name;
}

/** A forward pass over a batch whose arrays are on the device. */
export function createPass(
  { ops, config, training }: Context,
  options: {
    batch: Pick<ArrayBatch, 'sizes' | 'rows'>;
    inputs: Readonly<Record<string, Tensor>>;
    parameter: (name: string) => Tensor;
    words: Tensor;
  },
): Pass {
  const { batch, inputs, parameter, words } = options;
  return {
    ...{ ops, config, training, parameter, words },
    sizes: batch.sizes,
    rows: batch.rows,
    input: (name) => inputs[name]!,
    has: (name) => inputs[name] !== undefined,
  };
}

/** Copies the arrays of a batch to the device. */
export const uploadBatch = ({ ops }: Context, batch: ArrayBatch, more: Arrays = {}) =>
  upload(ops, { ...batch.arrays, ...more });
