import { Layout } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import type { NetworkConfig } from './config.ts';
import {
  type Matrix,
  memberPrefix,
  type ParameterSpec,
  type Parameters,
  sizeOf,
} from './parameters.ts';

/** Addresses of everything that outlives a batch. Plain data, so that workers can receive it. */
export interface Weights {
  readonly specs: readonly ParameterSpec[];
  readonly at: Readonly<Record<string, Address>>;
  readonly matrices: Readonly<Record<string, Matrix>>;
  /** All parameters except the word embedding form one block of `denseSize` floats at `dense`. */
  readonly dense: Address;
  readonly denseSize: number;
  /** Clockwork: (H) integers, the module of each unit as a bit. The engine writes them. Other cells: 0. */
  readonly modules: Address;
  readonly end: Address;
}

/** Lays out the parameters from address `begin` on. The first of `specs` is the word embedding. */
export function placeWeights(
  config: NetworkConfig,
  options: {
    specs: readonly ParameterSpec[];
    begin: Address;
    panelWidth: number;
    training: boolean;
  },
): Weights {
  const { specs, begin, panelWidth, training } = options;
  const layout = new Layout(begin);
  const at: Record<string, Address> = {};
  for (const { name, shape } of specs) at[name] = layout.take(sizeOf(shape));
  const dense = at[specs[1]!.name]!;
  const denseSize = (layout.end - dense) / 4;
  const matrices: Record<string, Matrix> = {};
  for (const { name, matrix, modules } of specs) {
    if (!matrix) continue;
    const [K, N] = matrix;
    matrices[name] = {
      address: at[name]!,
      K,
      N,
      packed: layout.take(packedSize(panelWidth, K, N)),
      transposed: training ? layout.take(packedSize(panelWidth, N, K)) : 0,
      ...(modules !== undefined && { modules }),
    };
  }
  const modules = config.cell === 'clockwork' ? layout.take(config.hidden) : 0;
  return { specs, at, matrices, dense, denseSize, modules, end: layout.end };
}

/**
 * The placed parameters of a network or of one member of an ensemble. Shared parameters exist for the first member
 * only. The others get address 0, which kernels treat as zeros.
 */
export function placedParameters(
  { at, matrices }: Weights,
  { members, member }: { members: number; member: number },
): Parameters {
  const prefix = members === 1 ? '' : memberPrefix(member);
  return {
    matrix: ({ name }) => matrices[prefix + name]!,
    array({ name, inEnsemble }) {
      if (inEnsemble === 'shared') return member === 0 ? at[name]! : 0;
      return at[prefix + name]!;
    },
  };
}

/** Packs W. Call it after its values have changed. */
export function packMatrix(
  kernels: Kernels,
  { address, K, N, packed, transposed }: Omit<Matrix, 'modules'>,
): void {
  kernels.gemm_pack(packed, address, K, N, N, 1);
  if (transposed) kernels.gemm_pack(transposed, address, N, K, 1, N);
}

/** y (n, N; ldy) = x (n, K; ldx) W + bias, or += when `accumulate`. */
export function project(
  kernels: Kernels,
  y: Address,
  x: Address,
  w: Matrix,
  options: { n: number; ldx?: number; ldy?: number; bias?: Address; accumulate?: boolean },
): void {
  const { n, ldx = w.K, ldy = w.N, bias = 0, accumulate = false } = options;
  kernels.gemm(y, x, w.packed, bias, n, w.N, w.K, ldx, 1, ldy, accumulate ? 1 : 0);
}

/** dx (n, K; ldx) = dy (n, N) W^T, or += when `accumulate`. */
export function projectBack(
  kernels: Kernels,
  dx: Address,
  dy: Address,
  w: Matrix,
  options: { n: number; ldx?: number; accumulate?: boolean },
): void {
  const { n, ldx = w.K, accumulate = false } = options;
  kernels.gemm(dx, dy, w.transposed, 0, n, w.K, w.N, w.N, 1, ldx, accumulate ? 1 : 0);
}

/** Destination of parameter gradients in the backward pass of a layer. */
export interface Gradients {
  /** The address of the gradient of a vector or an embedding. The layer adds to it. */
  at(parameter: Address): Address;
  /**
   * Records the factors x (n, K; ldx) and packed dy (n, N) of the gradient x^T dy of W (K, N). The product is computed
   * later, so both must stay unchanged until the end of the step.
   */
  product(w: Matrix, x: Address, packedDy: Address, n: number, ldx?: number): void;
}

/** Rows `from` to `from + rows` of dW (K, N) = x^T dy, or += when `accumulate`. The factors are those of `Gradients.product`. */
export function addProduct(
  kernels: Kernels,
  dw: Address,
  { N }: Pick<Matrix, 'N'>,
  [x, packedDy, n, ldx]: readonly [x: Address, packedDy: Address, n: number, ldx: number],
  options: { from: number; rows: number; accumulate: boolean },
): void {
  const { from, rows, accumulate } = options;
  const to = dw + from * N * 4;
  kernels.gemm(to, x + from * 4, packedDy, 0, rows, N, n, 1, ldx, N, accumulate ? 1 : 0);
}
