import { checkSize } from './arrays.ts';

/** √(Σ g²) over all gradients together. */
export function globalNorm(gradients: readonly Float64Array[]): number {
  let sum = 0;
  for (const gradient of gradients) for (const g of gradient) sum += g * g;
  return Math.sqrt(sum);
}

/**
 * Clipping by the norm over all gradients together (Pascanu et al. 2013, Algorithm 1): if that norm
 * exceeds `maxNorm`, every gradient is multiplied by maxNorm / (norm + epsilon). PyTorch's
 * `clip_grad_norm_` has epsilon = 1e-6 (and never scales up); the paper, and the default, 0.
 */
export function clipGlobalNorm(
  gradients: readonly Float64Array[],
  { maxNorm, epsilon = 0 }: { maxNorm: number; epsilon?: number },
): { norm: number; scale: number; clipped: Float64Array[] } {
  const norm = globalNorm(gradients);
  const scale = norm > maxNorm ? Math.min(1, maxNorm / (norm + epsilon)) : 1;
  return { norm, scale, clipped: gradients.map((gradient) => gradient.map((g) => g * scale)) };
}

/**
 * One step of SGD with momentum (Polyak 1964, in PyTorch's form): v ← μ v + g, w ← w - lr v.
 * Changes `w` and `v`; v starts at zero.
 */
export function sgdStep({
  w,
  g,
  v,
  lr,
  momentum = 0,
}: {
  w: Float64Array;
  g: Float64Array;
  v: Float64Array;
  lr: number;
  momentum?: number;
}): void {
  checkSize('g', g, w.length);
  checkSize('v', v, w.length);
  for (let i = 0; i < w.length; i++) {
    v[i] = momentum * v[i]! + g[i]!;
    w[i] = w[i]! - lr * v[i]!;
  }
}

export interface AdamRates {
  lr: number;
  /** β₁ (0.9) */
  beta1?: number;
  /** β₂ (0.999) */
  beta2?: number;
  /** Added to √v̂ (1e-8). */
  epsilon?: number;
  /** λ of AdamW (0): w also falls by lr λ w. */
  decay?: number;
}

export interface AdamStep extends AdamRates {
  w: Float64Array;
  g: Float64Array;
  /** First moment; starts at zero. */
  m: Float64Array;
  /** Second moment; starts at zero. */
  v: Float64Array;
  /** Number of this step, from 1. */
  step: number;
}

/**
 * One step of Adam (Kingma & Ba 2015, Algorithm 1); changes `w`, `m` and `v`:
 *
 *     m ← β₁ m + (1 - β₁) g            v ← β₂ v + (1 - β₂) g²
 *     m̂ = m / (1 - β₁ᵗ)                v̂ = v / (1 - β₂ᵗ)
 *     w ← w - lr m̂ / (√v̂ + ε)
 *
 * and with `decay` AdamW (Loshchilov & Hutter 2019, Algorithm 2, line 12): w also falls by lr λ w,
 * w being its value before the step. The decay is multiplied by the whole learning rate, as in
 * PyTorch; in the paper by the schedule's factor alone.
 */
export function adamStep(options: AdamStep): void {
  const everything = Array.from({ length: options.w.length }, (_, i) => i);
  adamUpdate(options, everything);
}

/**
 * "Lazy" Adam for embedding tables (D columns): as `adamStep`, but a row's m, v and w, decay
 * included, change only on steps that use it. The bias corrections know the global step, not the
 * number of times the row was used (as in PyTorch's `SparseAdam`). `rows` holds no row twice:
 * `g` (V, D) is already summed over a row's uses, and is not read elsewhere.
 */
export function adamStepRows({
  rows,
  D,
  ...options
}: AdamStep & { rows: ArrayLike<number>; D: number }): void {
  const seen = new Set<number>();
  const indexes: number[] = [];
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    if (seen.has(row)) throw new Error(`rows[${r}] = ${row} comes twice`);
    if (!(row >= 0 && (row + 1) * D <= options.w.length)) {
      throw new Error(`rows[${r}] = ${row} is not a row of the table`);
    }
    seen.add(row);
    for (let d = 0; d < D; d++) indexes.push(row * D + d);
  }
  adamUpdate(options, indexes);
}

function adamUpdate(
  { w, g, m, v, step, lr, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 }: AdamStep,
  indexes: readonly number[],
): void {
  checkSize('g', g, w.length);
  checkSize('m', m, w.length);
  checkSize('v', v, w.length);
  if (!(Number.isInteger(step) && step >= 1)) throw new Error(`step ${step} is not 1, 2, …`);
  for (const i of indexes) {
    m[i] = beta1 * m[i]! + (1 - beta1) * g[i]!;
    v[i] = beta2 * v[i]! + (1 - beta2) * g[i]! * g[i]!;
    const mHat = m[i]! / (1 - beta1 ** step);
    const vHat = v[i]! / (1 - beta2 ** step);
    w[i] = w[i]! - (lr * mHat) / (Math.sqrt(vHat) + epsilon) - lr * decay * w[i]!;
  }
}
