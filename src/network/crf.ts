import type { Arena } from '../backend/arena.ts';
import { packedSize } from '../backend/backend.ts';
import type { Address, Kernels } from '../backend/kernels.ts';
import type { Transitions } from '../corpus/tags/scheme.ts';
import { headName, type NetworkConfig } from './config.ts';
import type { Packing } from './recurrence.ts';

// The linear-chain conditional random field (Lafferty, McCallum & Pereira 2001) over the emissions e of a network
// (Lample et al. 2016). A path y of tags for a sentence of T tokens has
//
//   s(y) = start[y_1] + Σ_t e_t[y_t] + Σ_t A[y_{t-1}, y_t] + end[y_T]      p(y) = exp(s(y)) / Z,  Z = Σ_y exp(s(y))
//
// where forbidden links (transitions, starts and ends) have probability 0. How the sums are kept exact is told in
// kernels/crf.h.

/** Tags that a field may have; beyond, its sums could leave the range of a float. */
export const MOST_CRF_TAGS = 2048;

/** A field over K tags: plain data, the same on every thread. */
export interface Crf {
  readonly K: number;
  /** Parameters: transitions (K, K) from the row's tag to the column's, start (K), end (K); 0 stands for all zeros. */
  readonly transitions: Address;
  readonly start: Address;
  readonly end: Address;
  /** What `allowedTransitions` returns, as integers; 0 allows every link. */
  readonly allowed: Address;
  /** Space for `crfTablesSize` numbers, which `packCrf` fills. */
  readonly tables: Address;
}

/** The batch that a field is asked about. */
export interface CrfBatch extends Omit<Packing, 'N' | 'B'> {
  /** (N, K) */
  readonly emissions: Address;
  /**
   * (N) integers, what is known of each token: a tag; -1 nothing; -2 - i, one of the tags of row i of `sets`. Address 0:
   * nothing of any token.
   */
  readonly gold: Address;
  /** (S, K), 1 for each tag in the set, else 0; at least one a set. */
  readonly sets?: Address;
  /** Space for `crfScratchSize` numbers; nothing in it survives a call. */
  readonly scratch: Address;
}

const padded = (K: number): number => Math.ceil(K / 16) * 16; // to whole vectors of any instruction set

/** Numbers that `Crf.tables` holds. */
export const crfTablesSize = (panelWidth: number, K: number): number =>
  16 + 4 * padded(K) + 3 * K * padded(K) + 2 * packedSize(panelWidth, K, K);

/** Numbers that `CrfBatch.scratch` holds for N tokens in B sentences: enough for every function here. */
export const crfScratchSize = (
  panelWidth: number,
  { N, B, K }: { N: number; B: number; K: number },
): number => B * (19 + padded(K)) + (4 * N + K) * padded(K) + packedSize(panelWidth, N, K);

/** Makes the tables again: once at the beginning, and whenever a parameter or `allowed` has changed. */
export function packCrf(kernels: Kernels, crf: Crf): void {
  kernels.crf_pack(crf.tables, crf.transitions, crf.start, crf.end, crf.allowed, crf.K);
}

/**
 * loss[0] += scale Σ (ln Z - ln Z'), in nats, over the sentences of the batch, Z' being the sum over the paths that agree
 * with `gold`: the negative log-likelihood where every tag is known, the marginal likelihood where some are not (Tsuboi
 * et al. 2008). Adds to demissions (N, K) and to the gradients of the three parameters (none may be 0).
 *
 * A sentence with no allowed path that agrees with `gold` has neither loss nor gradient; make `allowed` with
 * `allowedTransitions`, and no fully labelled training sentence is one.
 */
export function crfLoss(
  kernels: Kernels,
  gradient: (parameter: Address) => Address,
  loss: Address,
  demissions: Address,
  crf: Crf,
  options: CrfBatch & { scale: number },
): void {
  const { emissions, gold, sets = 0, scratch, rows, T, scale } = options;
  kernels.crf_loss(
    loss,
    demissions,
    gradient(crf.transitions),
    gradient(crf.start),
    gradient(crf.end),
    scratch,
    emissions,
    crf.tables,
    gold,
    sets,
    rows,
    T,
    crf.K,
    scale,
  );
}

/**
 * Makes `crfLoss` the softmax-margin (Gimpel & Smith 2010, "Softmax-margin CRFs: training log-linear models with cost
 * functions"): a path costs costs[g] (K), in nats, for each token whose gold tag is g where it has another, and
 *
 *   loss = ln Σ_y exp(s(y) + cost(y)) - s(gold)
 *
 * To add a cost to every wrong tag is to take it from the right one, here in `emissions` (N, K). Where the tag is not
 * known nothing costs.
 */
export function crfCosts(
  arena: Arena,
  emissions: Address,
  options: { gold: Address; costs: Address } & Record<'N' | 'K', number>,
): void {
  const { N, K } = options;
  const scores = arena.f32(emissions, N * K);
  const costs = arena.f32(options.costs, K);
  arena.i32(options.gold, N).forEach((tag, row) => {
    if (tag >= 0) scores[row * K + tag]! -= costs[tag]!;
  });
}

/**
 * best (N) integers: the tags of the path of greatest s(y) that agrees with `gold` (Viterbi 1967); score (B): that s(y).
 * Of equal paths the one with the lower last tag wins, then the lower tag before it, and so on. Where no allowed path
 * goes on, a forbidden link is crossed for a score of 0, so every sentence has tags.
 */
export function crfDecode(
  kernels: Kernels,
  best: Address,
  score: Address,
  crf: Crf,
  options: CrfBatch,
): void {
  const { emissions, gold, sets = 0, scratch, rows, T } = options;
  kernels.crf_decode(best, score, scratch, emissions, crf.tables, gold, sets, rows, T, crf.K);
}

/**
 * marginals (N, K): p(y_t = k), and logZ (B), over the paths that agree with `gold`; a path's probability is
 * exp(score - logZ). A sentence that has no such path gets marginals of 0 and a logZ of -1e30.
 */
export function crfMarginals(
  kernels: Kernels,
  marginals: Address,
  logZ: Address,
  crf: Crf,
  options: CrfBatch,
): void {
  const { emissions, gold, sets = 0, scratch, rows, T } = options;
  kernels.crf_marginals(
    marginals,
    logZ,
    scratch,
    emissions,
    crf.tables,
    gold,
    sets,
    rows,
    T,
    crf.K,
  );
}

/**
 * Which links a field allows, as (K, K) transitions, then (K) starts, then (K) ends, 1 or 0: those of `rules`, and those
 * that occur in `observed`, tags of sentences. Training data that break the rules of their own scheme would have
 * probability 0 otherwise. Negative tags (unknown) make no link.
 */
export function allowedTransitions(
  rules: Transitions,
  observed: Iterable<ArrayLike<number>> = [],
): Int32Array {
  const K = rules.start.length;
  const [start, end] = [K * K, K * K + K];
  const allowed = Int32Array.from([...rules.between, ...rules.start, ...rules.end]);
  for (const tags of observed) {
    const last = tags.length - 1;
    if (last < 0) continue;
    if (tags[0]! >= 0) allowed[start + tags[0]!] = 1;
    if (tags[last]! >= 0) allowed[end + tags[last]!] = 1;
    for (let t = 1; t <= last; t++)
      if (tags[t - 1]! >= 0 && tags[t]! >= 0) allowed[tags[t - 1]! * K + tags[t]!] = 1;
  }
  return allowed;
}

/** Scores of a field for `nBest`: -Infinity where forbidden. */
export interface CrfScores {
  readonly K: number;
  readonly transitions: Float64Array; // (K, K)
  readonly start: Float64Array; // (K)
  readonly end: Float64Array; // (K)
}

/** Parameters as they lie in the arena, with `allowedTransitions` (all where undefined). */
export function crfScores(
  parameters: Readonly<Record<'transitions' | 'start' | 'end', ArrayLike<number>>>,
  allowed?: ArrayLike<number>,
): CrfScores {
  const K = parameters.start.length;
  const masked = (scores: ArrayLike<number>, at: number): Float64Array =>
    Float64Array.from(scores, (score, i) =>
      allowed && !allowed[at + i] ? Number.NEGATIVE_INFINITY : score,
    );
  return {
    K,
    transitions: masked(parameters.transitions, 0),
    start: masked(parameters.start, K * K),
    end: masked(parameters.end, K * K + K),
  };
}

/** The same of a head of a network; of a decoder without parameters all scores are 0. `allowed` as in `crfScores`. */
export function fieldScores(
  {
    config: { decoder, tags },
    parameter,
  }: { config: NetworkConfig; parameter(name: string): ArrayLike<number> },
  head: number,
  allowed?: ArrayLike<number>,
): CrfScores {
  const K = tags[head]!;
  const part = (name: string, size: number): ArrayLike<number> =>
    decoder === 'crf' ? parameter(`${headName(head)}.${name}`) : new Float32Array(size);
  const parameters = {
    transitions: part('transitions', K * K),
    start: part('start', K),
    end: part('end', K),
  };
  return crfScores(parameters, allowed);
}

/** A path and its s(y). */
export interface ScoredPath {
  readonly tags: Int32Array;
  readonly score: number;
}

/**
 * The `n` best paths of one sentence that agree with `gold` (encoded as in `CrfBatch`), by falling score, equal ones in
 * the order of `crfDecode`; fewer where fewer are allowed. Emissions (L, K), sets (S, K). The list Viterbi algorithm
 * (Seshadri & Sundberg 1994): each tag of each token keeps its n best beginnings, in L n K² steps.
 */
export function nBest(
  { K, transitions, start, end }: CrfScores,
  emissions: ArrayLike<number>,
  options: { n: number; gold?: ArrayLike<number>; sets?: ArrayLike<number> },
): ScoredPath[] {
  const { n, gold, sets } = options;
  const L = emissions.length / K;
  if (L === 0) return [];
  const agrees = (t: number, k: number): boolean => {
    const known = gold?.[t] ?? -1;
    if (known >= 0) return k === known;
    return known === -1 || sets![(-2 - known) * K + k] !== 0;
  };

  // Entry k * n + r is the beginning of rank r that ends in tag k, -Infinity where there is none.
  let scores = new Float64Array(K * n).fill(Number.NEGATIVE_INFINITY);
  let next = scores.slice();
  const origins: Int32Array[] = []; // for each token but the first: the entry of the token before
  const rank = new Int32Array(K); // of each tag's best beginning that is not yet taken

  /** The n best of all entries, tag j's with link(j) added: `take(r, entry, score)` by falling score. */
  const merge = (
    link: (from: number) => number,
    take: (r: number, entry: number, score: number) => void,
  ): void => {
    rank.fill(0);
    for (let r = 0; r < n; r++) {
      let best = -1;
      let most = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < K; j++) {
        if (rank[j] === n) continue;
        const score = scores[j * n + rank[j]!]! + link(j);
        if (score > most) {
          most = score;
          best = j;
        }
      }
      if (best < 0) return;
      take(r, best * n + rank[best]!++, most);
    }
  };

  for (let k = 0; k < K; k++) if (agrees(0, k)) scores[k * n] = start[k]! + emissions[k]!;
  for (let t = 1; t < L; t++) {
    const origin = new Int32Array(K * n);
    next.fill(Number.NEGATIVE_INFINITY);
    for (let k = 0; k < K; k++) {
      if (!agrees(t, k)) continue;
      merge(
        (j) => transitions[j * K + k]!,
        (r, entry, score) => {
          origin[k * n + r] = entry;
          next[k * n + r] = score + emissions[t * K + k]!;
        },
      );
    }
    origins.push(origin);
    [scores, next] = [next, scores];
  }
  const paths: ScoredPath[] = [];
  merge(
    (j) => end[j]!,
    (_, entry, score) => {
      const tags = new Int32Array(L);
      let at = entry;
      for (let t = L - 1; t >= 0; t--) {
        tags[t] = Math.floor(at / n);
        if (t > 0) at = origins[t - 1]![at]!;
      }
      paths.push({ tags, score });
    },
  );
  return paths;
}
