import type { Address, Kernels } from '../backend/kernels.ts';
import { addOuter, type Matrix, project, projectBack, type Weights } from './weights.ts';

/** An affine layer, y = x W + b. */
export interface DenseWeights {
  readonly weight: Matrix;
  readonly bias: Address;
}

export const denseWeights = ({ at, matrices }: Weights, name: string): DenseWeights => ({
  weight: matrices[`${name}.weight`]!,
  bias: at[`${name}.bias`]!,
});

/** y (n, N) from x (n, K) (or += when `accumulate`). */
export const denseForward = (
  kernels: Kernels,
  y: Address,
  x: Address,
  { weight, bias }: DenseWeights,
  { n, accumulate = false }: { n: number; accumulate?: boolean },
): void => project(kernels, y, x, weight, { n, bias, accumulate });

/** Adds the gradients of W and b to `gradient`; dx (n, K) = dy W^T (or +=). `packed` is space for dy (n, N) packed. */
export function denseBackward(
  kernels: Kernels,
  gradient: (parameter: Address) => Address,
  dx: Address,
  dy: Address,
  x: Address,
  { weight, bias }: DenseWeights,
  options: { n: number; packed: Address; accumulate?: boolean },
): void {
  const { n, packed, accumulate = false } = options;
  const { K, N, at } = weight;
  kernels.gemm_pack(packed, dy, n, N, N, 1);
  addOuter(kernels, gradient(at), x, packed, { n, K, N });
  kernels.column_sums(gradient(bias), dy, n, N, N);
  projectBack(kernels, dx, dy, weight, { n, accumulate });
}
