import type { Random } from '../random.ts';
import type { CrfScores } from './scores.ts';

// Draws paths of a sentence with their probability under a CRF: backward filtering, forward sampling (Rabiner 1989,
// section III; Scott 2002, "Bayesian methods for hidden Markov models"). The backward sums are computed once; each path
// then takes L K steps.

const sumOf = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0);

/**
 * (L, K): e_t[k] + ln β_t[k], up to a constant for each token; β_t[k] is the sum over all continuations after tag k of
 * token t. Without a CRF, tokens are independent and the result is the emissions (L, K).
 */
export function pathGuide(crf: CrfScores | undefined, emissions: Float32Array): Float32Array {
  if (!crf) return emissions.slice();
  const { K, transitions, end } = crf;
  const guide = new Float32Array(emissions.length);
  const factors = transitions.map(Math.exp);
  const beta = end.map(Math.exp);
  const weights = new Float64Array(K); // exp of the guide of the next token
  for (let t = emissions.length / K - 1; t >= 0; t--) {
    const isDeadEnd = sumOf(beta) === 0; // no allowed continuation: like crfDecode, cross a forbidden transition
    for (let k = 0; k < K; k++)
      guide[t * K + k] = emissions[t * K + k]! + (isDeadEnd ? 0 : Math.log(beta[k]!));
    const scores = guide.subarray(t * K, (t + 1) * K);
    const max = scores.reduce((a, b) => Math.max(a, b));
    for (let k = 0; k < K; k++) weights[k] = Math.exp(scores[k]! - max);
    for (let j = 0; j < K; j++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += factors[j * K + k]! * weights[k]!;
      beta[j] = sum;
    }
  }
  return guide;
}

/** Draws a path from the distribution. Returns its tags (L). */
export function drawPath(
  crf: CrfScores | undefined,
  guide: Float32Array,
  { K, random }: { K: number; random: Random },
): Int32Array {
  const path = new Int32Array(guide.length / K);
  const scores = new Float64Array(K);
  path.forEach((_, t) => {
    const [transitions, from] = t === 0 ? [crf?.start, 0] : [crf?.transitions, path[t - 1]! * K];
    const scoreOf = (k: number): number => guide[t * K + k]! + (transitions?.[from + k] ?? 0);
    let max = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) max = Math.max(max, scoreOf(k));
    const isDeadEnd = max === Number.NEGATIVE_INFINITY;
    if (isDeadEnd) max = guide.subarray(t * K, (t + 1) * K).reduce((a, b) => Math.max(a, b));
    for (let k = 0; k < K; k++)
      scores[k] = Math.exp((isDeadEnd ? guide[t * K + k]! : scoreOf(k)) - max);
    let left = random() * sumOf(scores);
    // the most probable tag, if rounding errors leave a remainder after the last tag
    let drawn = scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
    for (let k = 0; k < K; k++) {
      left -= scores[k]!;
      if (left >= 0) continue;
      drawn = k;
      break;
    }
    path[t] = drawn;
  });
  return path;
}
