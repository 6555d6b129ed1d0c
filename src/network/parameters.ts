import type { Address } from '../backend/kernels.ts';
import type { Cell } from './cells/index.ts';

/** How a parameter is initialised; see `initialise`. */
export type Initialiser = 'embedding' | 'glorot' | 'orthogonal' | 'constant';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initialiser;
  /** Initial value of a `constant` parameter. Default: 0. */
  readonly value?: number;
  /** Number of gates whose weights it contains. Each gate is initialised separately. Default: 1. */
  readonly gates?: number;
  /** In a bias: the gate whose initial value is `sign` times the forget bias. */
  readonly forget?: Cell['forget'];
  /** Number of clockwork modules: the weights from faster to slower modules are always 0. */
  readonly modules?: number;
  /**
   * Storage in an ensemble. `summed`: one for each member, whose products are summed. `shared`: one for all members.
   * Undefined: one for each member.
   */
  readonly inEnsemble?: 'summed' | 'shared';
  /** (K, N) if the parameter is used in matrix products. Packed copies of it are kept then. */
  readonly matrix?: readonly [K: number, N: number];
}

/** A matrix W (K, N) and its packed copies: `packed` for x W, `transposed` for y W^T (0 if nothing is trained). */
export interface Matrix {
  readonly address: Address;
  readonly K: number;
  readonly N: number;
  readonly packed: Address;
  readonly transposed: Address;
  /** See `ParameterSpec.modules`. */
  readonly modules?: number;
}

/**
 * Where a layer gets its parameters. The layer names each parameter once, when it is created. `listParameters` only
 * collects the specs; `placedParameters` in weights.ts returns addresses.
 */
export interface Parameters {
  /** A parameter that is used in matrix products. Its first dimension is K; the product of the others is N. */
  matrix(spec: ParameterSpec): Matrix;
  /** Any other parameter. */
  array(spec: ParameterSpec): Address;
}

/** Collects the specs of all parameters that layers request. The returned addresses are 0. */
export function listParameters(): { parameters: Parameters; specs: ParameterSpec[] } {
  const specs: ParameterSpec[] = [];
  return {
    specs,
    parameters: {
      matrix(spec) {
        const K = spec.shape[0]!;
        const N = sizeOf(spec.shape) / K;
        specs.push({ ...spec, matrix: [K, N] });
        return { address: 0, K, N, packed: 0, transposed: 0 };
      },
      array(spec) {
        specs.push(spec);
        return 0;
      },
    },
  };
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, n) => product * n, 1);

/** Prefix of the names of an ensemble member's parameters. */
export const memberPrefix = (member: number): string => `member.${member}.`;
