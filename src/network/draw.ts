import type { CrfScores } from './crf.ts';
import type { Random } from './random.ts';

// Paths of a sentence drawn with their probability in a field: backward filtering, forward sampling (Rabiner 1989,
// section III; Scott 2002, "Bayesian methods for hidden Markov models"). The sum over all ends of a path is taken once;
// each path then costs L K steps.

const sum = (values: Float64Array): number => values.reduce((all, x) => all + x, 0);

/**
 * (L, K): e_t[k] + ln β_t[k], up to what is the same for all tags of a token; β_t[k] is the sum over all that may follow
 * tag k of token t. Without a field tokens stand alone, and it is the emissions (L, K).
 */
export function pathGuide(field: CrfScores | undefined, emissions: Float32Array): Float32Array {
  if (!field) return emissions.slice();
  const { K, transitions, end } = field;
  const guide = new Float32Array(emissions.length);
  const links = transitions.map(Math.exp);
  const beta = end.map(Math.exp);
  const weights = new Float64Array(K); // exp of the guide of the token after
  for (let t = emissions.length / K - 1; t >= 0; t--) {
    const isDead = sum(beta) === 0; // no allowed path goes on: a forbidden link is crossed, as by crfDecode
    for (let k = 0; k < K; k++)
      guide[t * K + k] = emissions[t * K + k]! + (isDead ? 0 : Math.log(beta[k]!));
    const own = guide.subarray(t * K, (t + 1) * K);
    const most = own.reduce((a, b) => Math.max(a, b));
    for (let k = 0; k < K; k++) weights[k] = Math.exp(own[k]! - most);
    for (let j = 0; j < K; j++) {
      let all = 0;
      for (let k = 0; k < K; k++) all += links[j * K + k]! * weights[k]!;
      beta[j] = all;
    }
  }
  return guide;
}

/** (L) tags of a path, drawn with its probability. */
export function drawPath(
  field: CrfScores | undefined,
  guide: Float32Array,
  { K, random }: { K: number; random: Random },
): Int32Array {
  const path = new Int32Array(guide.length / K);
  const scores = new Float64Array(K);
  path.forEach((_, t) => {
    const [links, at] = t === 0 ? [field?.start, 0] : [field?.transitions, path[t - 1]! * K];
    const scoreOf = (k: number): number => guide[t * K + k]! + (links?.[at + k] ?? 0);
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) most = Math.max(most, scoreOf(k));
    const isDead = most === Number.NEGATIVE_INFINITY;
    if (isDead) most = guide.subarray(t * K, (t + 1) * K).reduce((a, b) => Math.max(a, b));
    for (let k = 0; k < K; k++)
      scores[k] = Math.exp((isDead ? guide[t * K + k]! : scoreOf(k)) - most);
    let left = random() * sum(scores);
    // rounding may leave something of it after the last: then that which is most likely
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
