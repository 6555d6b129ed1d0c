import type { Address, Kernels } from '../backend/kernels.ts';
import { type Gradients, type Matrix, project, projectBack, type Weights } from './weights.ts';

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

/** The gradients of W and b go to `gradients`; dx (n, K) = dy W^T (or +=). `packed` (n, N) is left with dy. */
export function denseBackward(
  kernels: Kernels,
  gradients: Gradients,
  dx: Address,
  dy: Address,
  x: Address,
  { weight, bias }: DenseWeights,
  options: { n: number; packed: Address; accumulate?: boolean },
): void {
  const { n, packed, accumulate = false } = options;
  const { N } = weight;
  kernels.gemm_pack(packed, dy, n, N, N, 1);
  gradients.product(weight, x, packed, n);
  kernels.column_sums(gradients.at(bias), dy, n, N, N);
  projectBack(kernels, dx, dy, weight, { n, accumulate });
}
