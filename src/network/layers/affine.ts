import type { Address, Kernels } from '../../backend/kernels.ts';
import type { Matrix, ParameterSpec, Parameters } from '../parameters.ts';
import { type Gradients, project, projectBack } from '../weights.ts';

/** The parameters of y = x W + b. */
export interface AffineWeights {
  readonly weight: Matrix; // (K, N)
  readonly bias: Address; // (N)
}

/** Requests the parameters of an affine map. `options.weight` and `options.bias` extend their specs. */
export const affineWeights = (
  parameters: Parameters,
  name: string,
  options: {
    shape: readonly [K: number, N: number];
    weight?: Partial<ParameterSpec>;
    bias?: Partial<ParameterSpec>;
  },
): AffineWeights => ({
  weight: parameters.matrix({
    name: `${name}.weight`,
    shape: options.shape,
    init: 'glorot',
    ...options.weight,
  }),
  bias: parameters.array({
    name: `${name}.bias`,
    shape: [options.shape[1]],
    init: 'constant',
    ...options.bias,
  }),
});

/** y (n, N) from x (n, K; ldx), or += when `accumulate`. */
export const affineForward = (
  kernels: Kernels,
  y: Address,
  x: Address,
  { weight, bias }: AffineWeights,
  options: { n: number; ldx?: number; accumulate?: boolean },
): void => project(kernels, y, x, weight, { ...options, bias });

/** dx (n, K; ldx) = dy W^T, or += when `accumulate`. The gradients of W and b go to `gradients`; dy is packed to `packed` (n, N). */
export function affineBackward(
  kernels: Kernels,
  gradients: Gradients,
  dx: Address,
  dy: Address,
  x: Address,
  { weight, bias }: AffineWeights,
  options: { n: number; ldx?: number; packed: Address; accumulate?: boolean },
): void {
  const { n, ldx, packed, accumulate = false } = options;
  const { N } = weight;
  kernels.gemm_pack(packed, dy, n, N, N, 1);
  gradients.product(weight, x, packed, n, ldx);
  kernels.column_sums(gradients.at(bias), dy, n, N, N);
  projectBack(kernels, dx, dy, weight, { n, accumulate, ...(ldx !== undefined && { ldx }) });
}
