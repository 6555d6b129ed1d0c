import { checkSize } from './arrays.ts';
import { logSumExp } from './crf.ts';

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
 * Mean cross-entropy over the tokens of whose tag something is known; the others count nowhere and
 * have a zero gradient. A gold id of -2 - i means one of the tags of row i of `sets`; any other negative one, nothing.
 * With label smoothing ε (Szegedy et al. 2016, §7) the target is q[k] = (1 - ε) [k = gold] + ε / K:
 *
 *     loss = (1 / M) Σ_n Σ_k -q[n, k] log p[n, k]        dlogits[n, k] = (p[n, k] - q[n, k]) / M
 *
 * with M the number of tokens that count, or the sum of their weights. If none does, the loss is 0 (PyTorch: NaN). Of a token with a set S, the term
 * of the sum is the marginal negative log-likelihood, smoothed within the set:
 *
 *     -(1 - ε) log P - (ε / |S|) Σ_{k ∈ S} log p[k],  P = Σ_{k ∈ S} p[k]        q[k] = [k ∈ S] ((1 - ε) p[k] / P + ε / |S|)
 */
export function crossEntropy({
  logits,
  gold,
  sets,
  weights,
  smoothing = 0,
}: {
  /** (N, K) */
  logits: Float64Array;
  /** (N) */
  gold: ArrayLike<number>;
  /** (S, K), 0 or 1 */
  sets?: ArrayLike<number> | undefined;
  /** (K), how often a token counts whose gold tag that is, or of a set their mean; 1 if undefined */
  weights?: ArrayLike<number> | undefined;
  smoothing?: number | undefined;
}): { loss: number; dlogits: Float64Array; counted: number } {
  const N = gold.length;
  const K = logits.length / N;
  checkSize('logits', logits, N * Math.floor(K));
  const counts = (n: number): boolean => gold[n]! >= 0 || (gold[n]! < -1 && sets !== undefined);
  const allowed = (n: number): number[] =>
    gold[n]! >= 0
      ? [gold[n]!]
      : Array.from({ length: K }, (_, k) => k).filter((k) => sets![(-2 - gold[n]!) * K + k]);
  const weightOf = (n: number): number =>
    weights ? allowed(n).reduce((sum, k) => sum + weights[k]!, 0) / allowed(n).length : 1;
  let counted = 0;
  for (let n = 0; n < N; n++) if (counts(n)) counted += weightOf(n);
  const dlogits = new Float64Array(N * K); // (N, K)
  const p = softmax(logits, K); // (N, K)
  let loss = 0;
  for (let n = 0; n < N; n++) {
    if (!counts(n)) continue;
    if (!(gold[n]! < K)) throw new Error(`gold[${n}] = ${gold[n]} is not below ${K}`);
    const logP = logSoftmax(logits.subarray(n * K, (n + 1) * K));
    const q = new Float64Array(K);
    const share = weightOf(n) / counted;
    if (gold[n]! >= 0) {
      for (let k = 0; k < K; k++) {
        q[k] = (k === gold[n] ? 1 - smoothing : 0) + smoothing / K;
        loss -= q[k]! * logP[k]! * share;
      }
    } else {
      const members = allowed(n);
      const logs = members.map((k) => logP[k]!);
      const logAll = logSumExp(logs);
      for (const k of members) {
        q[k] = (1 - smoothing) * Math.exp(logP[k]! - logAll) + smoothing / members.length;
        loss -= (smoothing / members.length) * logP[k]! * share;
      }
      loss -= (1 - smoothing) * logAll * share;
    }
    for (let k = 0; k < K; k++) dlogits[n * K + k] = (p[n * K + k]! - q[k]!) * share;
  }
  return { loss, dlogits, counted };
}

/** z - max - log Σ exp(z - max): exact where p itself would round to 0. */
function logSoftmax(z: Float64Array): Float64Array {
  const max = z.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const sum = z.reduce((all, x) => all + Math.exp(x - max), 0);
  return z.map((x) => x - max - Math.log(sum));
}
