import { checkSize } from './arrays.ts';

/** p[n, k] = exp(z[n, k]) / Σ_j exp(z[n, j]), each row shifted by its maximum: z (N, K). */
export function softmax(z: Float64Array, K: number): Float64Array {
  const p = new Float64Array(z.length); // (N, K)
  for (let n = 0; n < z.length / K; n++) {
    let max = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) max = Math.max(max, z[n * K + k]!);
    let sum = 0;
    for (let k = 0; k < K; k++) sum += Math.exp(z[n * K + k]! - max);
    for (let k = 0; k < K; k++) p[n * K + k] = Math.exp(z[n * K + k]! - max) / sum;
  }
  return p;
}

/**
 * Mean cross-entropy over the tokens whose gold id is not negative; the others count nowhere and
 * have a zero gradient. With label smoothing ε (Szegedy et al. 2016, §7) the target is
 * q[k] = (1 - ε) [k = gold] + ε / K:
 *
 *     loss = (1 / M) Σ_n Σ_k -q[n, k] log p[n, k]        dlogits[n, k] = (p[n, k] - q[n, k]) / M
 *
 * with M the number of tokens that count. If none does, the loss is 0 (PyTorch: NaN).
 */
export function crossEntropy({
  logits,
  gold,
  smoothing = 0,
}: {
  /** (N, K) */
  logits: Float64Array;
  /** (N) */
  gold: ArrayLike<number>;
  smoothing?: number | undefined;
}): { loss: number; dlogits: Float64Array; counted: number } {
  const N = gold.length;
  const K = logits.length / N;
  checkSize('logits', logits, N * Math.floor(K));
  let counted = 0;
  for (let n = 0; n < N; n++) if (gold[n]! >= 0) counted++;
  const dlogits = new Float64Array(N * K); // (N, K)
  const p = softmax(logits, K); // (N, K)
  let loss = 0;
  for (let n = 0; n < N; n++) {
    if (gold[n]! < 0) continue;
    if (!(gold[n]! < K)) throw new Error(`gold[${n}] = ${gold[n]} is not below ${K}`);
    // log p = z - max - log Σ exp(z - max): exact where p itself would round to 0
    let max = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) max = Math.max(max, logits[n * K + k]!);
    let sum = 0;
    for (let k = 0; k < K; k++) sum += Math.exp(logits[n * K + k]! - max);
    for (let k = 0; k < K; k++) {
      const q = (k === gold[n] ? 1 - smoothing : 0) + smoothing / K;
      const logP = logits[n * K + k]! - max - Math.log(sum);
      loss -= (q * logP) / counted;
      dlogits[n * K + k] = (p[n * K + k]! - q) / counted;
    }
  }
  return { loss, dlogits, counted };
}
