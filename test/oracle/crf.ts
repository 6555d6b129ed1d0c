import { checkSize } from './arrays.ts';

// The linear-chain conditional random field of Lafferty, McCallum & Pereira (2001), by logarithms, one sentence at a
// time: s(y) = start[y_1] + Σ_t e_t[y_t] + Σ_t A[y_{t-1}, y_t] + end[y_T], p(y) = exp(s(y)) / Z.

export interface CrfWeights {
  K: number;
  /** (K, K), from the row's tag to the column's; -Infinity forbids. */
  transitions: Float64Array;
  /** (K) */
  start: Float64Array;
  /** (K) */
  end: Float64Array;
}

/** (L, K), 1 for the tags that each token may have; undefined for all. */
export type Sets = ArrayLike<number> | undefined;

/** What a distribution over paths expects: ln Z, and how often each tag and each link occurs. */
export interface Expectation {
  logZ: number;
  /** (L, K) */
  marginals: Float64Array;
  /** (K, K) */
  links: Float64Array;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** ln Σ exp(x), -Infinity for none. */
export function logSumExp(values: readonly number[]): number {
  const max = values.reduce((a, b) => Math.max(a, b), NEVER);
  if (max === NEVER) return NEVER;
  return max + Math.log(values.reduce((sum, x) => sum + Math.exp(x - max), 0));
}

/** The score of one path. */
export function pathScore(w: CrfWeights, emissions: Float64Array, path: ArrayLike<number>): number {
  const { K, transitions, start, end } = w;
  let score = start[path[0]!]! + end[path[path.length - 1]!]!;
  for (let t = 0; t < path.length; t++) {
    score += emissions[t * K + path[t]!]!;
    if (t > 0) score += transitions[path[t - 1]! * K + path[t]!]!;
  }
  return score;
}

/** Emissions, -Infinity outside of the sets. */
const within = (emissions: Float64Array, sets: Sets): Float64Array =>
  sets ? emissions.map((e, i) => (sets[i] ? e : NEVER)) : emissions;

/** Forward and backward of emissions (L, K); NaN marginals where no path is allowed. */
export function expectation(w: CrfWeights, emissions: Float64Array, sets?: Sets): Expectation {
  const { K, transitions, start, end } = w;
  const e = within(emissions, sets);
  const L = e.length / K;
  const tags = Array.from({ length: K }, (_, k) => k);
  const alpha = new Float64Array(L * K);
  const beta = new Float64Array(L * K);
  for (let t = 0; t < L; t++)
    for (const k of tags)
      alpha[t * K + k] =
        e[t * K + k]! +
        (t === 0
          ? start[k]!
          : logSumExp(tags.map((j) => alpha[(t - 1) * K + j]! + transitions[j * K + k]!)));
  for (let t = L - 1; t >= 0; t--)
    for (const j of tags)
      beta[t * K + j] =
        t === L - 1
          ? end[j]!
          : logSumExp(
              tags.map(
                (k) => transitions[j * K + k]! + e[(t + 1) * K + k]! + beta[(t + 1) * K + k]!,
              ),
            );
  const logZ = logSumExp(tags.map((k) => alpha[(L - 1) * K + k]! + end[k]!));
  const links = new Float64Array(K * K);
  for (let t = 1; t < L; t++)
    for (const j of tags)
      for (const k of tags)
        links[j * K + k]! += Math.exp(
          alpha[(t - 1) * K + j]! +
            transitions[j * K + k]! +
            e[t * K + k]! +
            beta[t * K + k]! -
            logZ,
        );
  return { logZ, marginals: alpha.map((a, i) => Math.exp(a + beta[i]! - logZ)), links };
}

/** The loss of a sentence and its gradients. */
export interface CrfLoss {
  loss: number;
  demissions: Float64Array;
  dtransitions: Float64Array;
  dstart: Float64Array;
  dend: Float64Array;
}

/**
 * ln Z - ln Z', Z' the sum over the paths within `sets` (marginal likelihood, Tsuboi et al. 2008). A sentence without
 * such a path has neither loss nor gradient.
 */
export function crfLoss(w: CrfWeights, emissions: Float64Array, sets: ArrayLike<number>): CrfLoss {
  const { K } = w;
  checkSize('sets', sets, emissions.length);
  const all = expectation(w, emissions);
  const gold = expectation(w, emissions, sets);
  const counts = gold.logZ !== NEVER;
  const difference = (a: Float64Array, b: Float64Array) =>
    a.map((x, i) => (counts ? x - b[i]! : 0));
  const demissions = difference(all.marginals, gold.marginals);
  return {
    loss: counts ? all.logZ - gold.logZ : 0,
    demissions,
    dtransitions: difference(all.links, gold.links),
    dstart: demissions.slice(0, K),
    dend: demissions.slice(-K),
  };
}

/** The best path (Viterbi 1967): of equals, the one with the first last tag, then the first tag before it, and so on. */
export function viterbi(w: CrfWeights, emissions: Float64Array, sets?: Sets): number[] {
  const { K, transitions, start, end } = w;
  const e = within(emissions, sets);
  const L = e.length / K;
  const argmax = (values: number[]): number => values.indexOf(Math.max(...values));
  const reach = (delta: number[], k: number) => delta.map((d, j) => d + transitions[j * K + k]!);
  const deltas: number[][] = [];
  for (let t = 0; t < L; t++)
    deltas.push(
      Array.from({ length: K }, (_, k) => {
        const before = t === 0 ? start[k]! : Math.max(...reach(deltas[t - 1]!, k));
        return before + e[t * K + k]!;
      }),
    );
  const path = [argmax(deltas[L - 1]!.map((d, k) => d + end[k]!))];
  for (let t = L - 2; t >= 0; t--) path.unshift(argmax(reach(deltas[t]!, path[0]!)));
  return path;
}
