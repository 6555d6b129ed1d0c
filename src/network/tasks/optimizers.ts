import type { Address, Kernels } from '../../backend/kernels.ts';
import type { OptimizerOptions } from '../engine.ts';

/** A block of parameters with their moments and gradients. */
export interface UpdateBlock {
  readonly w: Address; // (., width)
  readonly moments: readonly [first: Address, second: Address]; // as w
  readonly gradient: Address; // (n, width)
  /** (n) rows of w; 0: the first n. */
  readonly ids: Address;
  readonly n: number;
  readonly width: number;
  readonly weightDecay: number;
}

export interface StepRates {
  readonly learningRate: number;
  /** Factor of the gradient, and the maximum magnitude of its elements after scaling. */
  readonly scale: number;
  readonly limit: number;
  /** Adam: bias corrections of both moments, 1 / (1 - beta^t). */
  readonly correction1: number;
  readonly correction2: number;
}

/**
 * One step of SGD with momentum, of Adam (Kingma & Ba 2015), or of AdamW, whose weight decay is decoupled from the
 * gradient (Loshchilov & Hutter 2019).
 */
export function updateParameters(
  kernels: Kernels,
  { optimizer, momentum, beta2, epsilon }: OptimizerOptions,
  { w, moments: [m, v], gradient, ids, n, width, weightDecay }: UpdateBlock,
  { learningRate, scale, limit, correction1, correction2 }: StepRates,
): void {
  if (optimizer === 'sgd')
    kernels.sgd(w, m, gradient, ids, n, width, scale, limit, learningRate, momentum, weightDecay);
  else
    kernels.adam(
      w,
      m,
      v,
      gradient,
      ids,
      n,
      width,
      scale,
      limit,
      learningRate,
      momentum,
      beta2,
      epsilon,
      correction1,
      correction2,
      weightDecay,
    );
}
