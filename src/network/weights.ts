import { Layout } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import {
  memberPrefix,
  type NetworkConfig,
  type ParameterSpec,
  parameterSpecs,
  sizeOf,
} from './config.ts';

/** A matrix W (K, N) and its packed copies: `packed` for x W, `transposed` for y W^T (0 where nothing is trained). */
export interface Matrix {
  readonly at: Address;
  readonly K: number;
  readonly N: number;
  readonly packed: Address;
  readonly transposed: Address;
  /** Modules of the clockwork whose recurrent matrix it is. */
  readonly modules?: number;
}

/** Where everything that outlives a batch lies. Plain data: workers get it as it is. */
export interface Weights {
  readonly specs: readonly ParameterSpec[];
  readonly at: Readonly<Record<string, Address>>;
  readonly matrices: Readonly<Record<string, Matrix>>;
  /** All parameters but the word embedding lie in one block of `denseSize` floats from `dense` on. */
  readonly dense: Address;
  readonly denseSize: number;
  /** Of a clockwork: (H) integers, a bit for each unit's module, which the engine writes; else 0. */
  readonly modules: Address;
  readonly end: Address;
}

/** Lays the parameters out from `begin` on. */
export function placeWeights(
  config: NetworkConfig,
  options: { begin: Address; panelWidth: number; training: boolean },
): Weights {
  const { begin, panelWidth, training } = options;
  const layout = new Layout(begin);
  const specs = parameterSpecs(config);
  const at: Record<string, Address> = {};
  for (const { name, shape } of specs) at[name] = layout.take(sizeOf(shape));
  const dense = at[specs[1]!.name]!;
  const denseSize = (layout.end - dense) / 4;
  const matrices: Record<string, Matrix> = {};
  for (const { name, matrix, modules } of specs) {
    if (!matrix) continue;
    const [K, N] = matrix;
    matrices[name] = {
      at: at[name]!,
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

/** The weights of an ensemble's member by the names of a network alone; what is shared only the first has, others 0. */
export function memberWeights(weights: Weights, member: number): Weights {
  const prefix = memberPrefix(member);
  const own = <T>(all: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(all).flatMap(([name, value]): [string, T][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    );
  const shared = weights.specs
    .filter(({ inEnsemble }) => inEnsemble === 'shared')
    .map(({ name }) => [name, member === 0 ? weights.at[name]! : 0] as const);
  return {
    ...weights,
    at: Object.fromEntries([...own(weights.at), ...shared]),
    matrices: Object.fromEntries(own(weights.matrices)),
  };
}

/** Packs W again after its values changed. */
export function packMatrix(kernels: Kernels, { at, K, N, packed, transposed }: Matrix): void {
  kernels.gemm_pack(packed, at, K, N, N, 1);
  if (transposed) kernels.gemm_pack(transposed, at, N, K, 1, N);
}

/** y (n, N) = x (n, K; ldx) W + bias (or += when `accumulate`). */
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

/** dx (n, K; ldx) = dy (n, N) W^T (or += when `accumulate`). */
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

/** Where a backward leaves the gradients of parameters. */
export interface Gradients {
  /** That of a vector or an embedding is added to. */
  at(parameter: Address): Address;
  /** That of a matrix (K, N) is x^T dy, of x (n, K) and dy (n, N) packed, which stay what they are for the rest of the step. */
  product(w: Matrix, x: Address, packedDy: Address, n: number): void;
}

/** Rows `from` on of dW (K, N) = x^T dy (or += when `accumulate`), as `Gradients` has it. */
export function addProduct(
  kernels: Kernels,
  dw: Address,
  { K, N }: Matrix,
  [x, packedDy, n]: readonly [Address, Address, number],
  options: { from: number; rows: number; accumulate: boolean },
): void {
  const { from, rows, accumulate } = options;
  const to = dw + from * N * 4;
  kernels.gemm(to, x + from * 4, packedDy, 0, rows, N, n, 1, K, N, accumulate ? 1 : 0);
}
