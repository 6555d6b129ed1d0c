import type { Arena } from '../../../backend/arena.ts';
import { packedSize } from '../../../backend/backend.ts';
import type { Address, Kernels } from '../../../backend/kernels.ts';
import type { Packing } from '../../recurrence.ts';

// The linear-chain conditional random field (Lafferty, McCallum & Pereira 2001) over the emissions e of a network
// (Lample et al. 2016). A path y of tags for a sentence of T tokens has
//
//   s(y) = start[y_1] + Σ_t e_t[y_t] + Σ_t A[y_{t-1}, y_t] + end[y_T]      p(y) = exp(s(y)) / Z,  Z = Σ_y exp(s(y))
//
// where forbidden links (transitions, starts and ends) have probability 0. How the sums are kept exact is told in
// kernels/crf.h.

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
