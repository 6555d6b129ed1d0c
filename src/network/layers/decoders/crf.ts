import type { Arena } from '../../../backend/arena.ts';
import { packedSize } from '../../../backend/backend.ts';
import type { Address, Kernels } from '../../../backend/kernels.ts';
import type { Packing } from '../../packing.ts';
import { type CreateDecoder, type Decoder, noDecoderMemory } from './decoder.ts';
import { crossEntropy } from './softmax.ts';

// The linear-chain conditional random field (Lafferty, McCallum & Pereira 2001) over the emissions e of a network
// (Lample et al. 2016). A path y of tags for a sentence of T tokens has
//
//   s(y) = start[y_1] + Σ_t e_t[y_t] + Σ_t A[y_{t-1}, y_t] + end[y_T]      p(y) = exp(s(y)) / Z,  Z = Σ_y exp(s(y))
//
// where forbidden transitions, starts and ends have probability 0. kernels/layers/crf.c explains how the sums are kept
// exact.

/** Trained as a CRF. Decodes the best path. */
export const crf: CreateDecoder = (
  { parameters, panelWidth, training: trained, decoders, member = 0 },
  { head, K, name },
): Decoder => {
  const scores = (part: string, shape: readonly number[]): Address =>
    parameters.array({
      ...{ name: `${name}.${part}`, shape },
      init: 'constant',
      inEnsemble: 'shared',
    });
  const model: Crf = {
    K,
    transitions: scores('transitions', [K, K]),
    start: scores('start', [K]),
    end: scores('end', [K]),
    ...(decoders?.[head] ?? noDecoderMemory),
  };
  const labelSmoothing = trained?.labelSmoothing ?? 0;
  const costs = trained?.tagWeights[head] ?? 0;
  return {
    hasPaths: true,

    scratchSize: ({ N, B }) => crfScratchSize(panelWidth, { N, B, K }),

    /** With label smoothing, the smoothed cross-entropy of each token is added. */
    loss(pass, b, options) {
      const { kernels, arena, gradients, rows, N, T } = pass;
      const { logits: emissions, dlogits, gold, scratch } = b;
      const { loss, sets, scale } = options;
      if (labelSmoothing === 0) arena.f32(dlogits, N * K).fill(0);
      else crossEntropy(pass, b, { ...options, K, labelSmoothing, weights: 0 });
      if (costs) addCosts(arena, emissions, { gold, costs, N, K });
      const batch = { emissions, gold, sets, scratch, rows, T, scale };
      crfLoss(kernels, gradients.at, loss, dlogits, model, batch);
    },

    decode({ kernels, rows, T }, { best, score, logits, scratch }) {
      crfDecode(kernels, best, score, model, { emissions: logits, gold: 0, scratch, rows, T });
    },

    // The members of an ensemble share one CRF.
    ...(member === 0 && { pack: (kernels) => packCrf(kernels, model) }),
  };
};

/** A CRF over K tags. Plain data. */
export interface Crf {
  readonly K: number;
  /** Parameters: transitions (K, K) from the row's tag to the column's, start (K), end (K). Address 0: all zeros. */
  readonly transitions: Address;
  readonly start: Address;
  readonly end: Address;
  /** (K, K), (K) and (K) integers, as `allowedTransitions` returns them; 0: all are allowed. */
  readonly allowed: Address;
  /** Space for `crfTablesSize` numbers, which `packCrf` fills. */
  readonly tables: Address;
}

/** A packed batch for a CRF. */
export interface CrfBatch extends Omit<Packing, 'N' | 'B'> {
  /** (N, K) */
  readonly emissions: Address;
  /**
   * (N) integers, the known tag of each token: a tag; -1 if unknown; -2 - i for one of the tags in row i of `sets`.
   * Address 0: all tags are unknown.
   */
  readonly gold: Address;
  /** (S, K): 1 for each tag in the set, else 0, at least one in each set. */
  readonly sets?: Address;
  /** Space for `crfScratchSize` numbers. */
  readonly scratch: Address;
}

const padded = (K: number): number => Math.ceil(K / 16) * 16; // a multiple of the vector width of any instruction set

/** Size of `Crf.tables`, in numbers. */
export const crfTablesSize = (panelWidth: number, K: number): number =>
  16 + 4 * padded(K) + 3 * K * padded(K) + 2 * packedSize(panelWidth, K, K);

/** Size of `CrfBatch.scratch` for N tokens in B sentences, in numbers: enough for the loss and for decoding. */
export const crfScratchSize = (
  panelWidth: number,
  { N, B, K }: { N: number; B: number; K: number },
): number => B * (19 + padded(K)) + (4 * N + K) * padded(K) + packedSize(panelWidth, N, K);

/** Fills the tables. Call it at the beginning, and after a parameter or `allowed` has changed. */
export function packCrf(kernels: Kernels, crf: Crf): void {
  kernels.crf_pack(crf.tables, crf.transitions, crf.start, crf.end, crf.allowed, crf.K);
}

/**
 * loss[0] += scale Σ (ln Z - ln Z'), in nats, over the sentences of the batch. Z' is the sum over the paths that agree
 * with `gold`: this is the negative log-likelihood if all tags are known, the marginal likelihood if some are not (Tsuboi
 * et al. 2008). Adds to demissions (N, K) and to the gradients of the three parameters, none of which may be 0.
 *
 * A sentence has no loss and no gradient if no allowed path agrees with `gold`. `allowedTransitions` can allow the
 * transitions that occur in the training data, so that every fully labelled training sentence has an allowed path.
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
 * Turns `crfLoss` into the softmax-margin loss (Gimpel & Smith 2010, "Softmax-margin CRFs: training log-linear models
 * with cost functions"): a path costs costs[g] nats, with costs (K), for each token with gold tag g that it tags
 * wrongly:
 *
 *   loss = ln Σ_y exp(s(y) + cost(y)) - s(gold)
 *
 * Adding a cost to all wrong tags is equivalent to subtracting it from the gold tag. This function subtracts it in
 * `emissions` (N, K). Tokens with unknown tags have no cost.
 */
function addCosts(
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
 * best (N) integers: the tags of the best path that agrees with `gold` (Viterbi 1967); score (B): its s(y). Among paths
 * of equal score, the one with the lower last tag wins, then the one with the lower previous tag, and so on. Where all
 * allowed paths end, a forbidden transition is crossed with a score of 0, so that every sentence gets tags.
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
