import type { CrfScores } from './scores.ts';

// Probabilities of parts of paths, in float64, for one sentence at a time. (The CRF kernels sum over batches.) The
// forward and backward sums of each token are scaled so that they add up to 1 (Rabiner 1989, section V.A).

/** Minimum factor of an allowed tag or transition. It stays positive even if another one is 230 nats better. */
const LEAST = 1e-100;

/**
 * Whether the transition from tag `before` of token t - 1 to `tag` of token t counts. Before the first token and after
 * the last one the tag is -1.
 */
export type Fits = (t: number, before: number, tag: number) => boolean;

/** The distribution over the paths of a sentence: path y has probability exp(s(y)) / Z. */
export interface Paths {
  /** (L, K): p(y_t = k); 0 if no path is allowed. */
  readonly marginals: Float64Array;
  /** The first token at which all allowed paths end; -1 if there is an allowed path. */
  readonly broken: number;
  /** The probability that all transitions into tokens `from` to `to` fit, where token L is the end. */
  probability(from: number, to: number, fits: Fits): number;
}

/** Sums over the paths of a sentence, given its emissions (L, K) and what is known of its tags, as in `nBest`. */
export type PathSums = (
  emissions: ArrayLike<number>,
  known?: { gold: ArrayLike<number>; sets: ArrayLike<number> },
) => Paths;

export function createPathSums(crf: CrfScores): PathSums {
  const { K } = crf;
  // If all transitions score 0, tokens are independent: a sum over the tags of each token is enough.
  const isIndependent = [crf.transitions, crf.start, crf.end].every((scores) =>
    scores.every((score) => score === 0),
  );
  const between = factors(crf.transitions); // (K, K)
  const start = factors(crf.start);
  const end = factors(crf.end);
  return (emissions, known) => {
    const L = emissions.length / K;
    /** (L, K): factors of the emissions, divided by the scale of the forward sums. */
    const steps = new Float64Array(L * K);
    const forward = new Float64Array(L * K);
    const backward = new Float64Array(L * K).fill(1);
    const finish = end.slice();
    let broken = -1;
    for (let t = 0; t < L && broken < 0; t++) {
      const [step, sums] = [row(steps, t, K), row(forward, t, K)];
      writeEmissions(step, emissions, { t, K, known });
      if (isIndependent || t === 0) sums.set(start);
      else reach(sums, row(forward, t - 1, K), between);
      let total = 0;
      for (let k = 0; k < K; k++) {
        sums[k] = atLeast(sums[k]! * step[k]!);
        total += sums[k]!;
      }
      if (total === 0) broken = t;
      else scale([step, sums], 1 / total);
    }
    if (broken < 0 && L > 0) {
      const last = row(forward, L - 1, K);
      const total = finish.reduce((all, x, k) => all + x * last[k]!, 0);
      if (total === 0) broken = L - 1;
      else scale([finish], 1 / total);
    }
    if (broken >= 0) return { marginals: new Float64Array(L * K), broken, probability: () => 0 };

    if (L > 0) row(backward, L - 1, K).set(finish);
    for (let t = L - 2; t >= 0 && !isIndependent; t--) {
      const [to, after, step] = [
        row(backward, t, K),
        row(backward, t + 1, K),
        row(steps, t + 1, K),
      ];
      for (let j = 0; j < K; j++) {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += between[j * K + k]! * step[k]! * after[k]!;
        to[j] = atLeast(sum);
      }
    }

    function probability(from: number, to: number, fits: Fits): number {
      let reached = from > 0 ? row(forward, from - 1, K) : start;
      for (let t = from; t <= to; t++) {
        if (t === L)
          return reached.reduce((sum, x, j) => sum + (x && fits(t, j, -1) ? x * finish[j]! : 0), 0);
        const next = new Float64Array(K);
        const step = row(steps, t, K);
        if (t === 0)
          for (let k = 0; k < K; k++) next[k] = fits(0, -1, k) ? start[k]! * step[k]! : 0;
        else
          for (let j = 0; j < K; j++) {
            const x = reached[j]!;
            if (x === 0) continue;
            for (let k = 0; k < K; k++)
              if (fits(t, j, k)) next[k]! += x * between[j * K + k]! * step[k]!;
          }
        reached = next;
      }
      const rest = row(backward, to, K);
      return reached.reduce((sum, x, k) => sum + x * rest[k]!, 0);
    }
    return { marginals: forward.map((x, i) => x * backward[i]!), broken, probability };
  };
}

const row = (table: Float64Array, t: number, K: number): Float64Array =>
  table.subarray(t * K, (t + 1) * K);

const atLeast = (x: number): number => (x === 0 ? 0 : Math.max(x, LEAST));

/** exp(score - max); 0 if forbidden. */
function factors(scores: Float64Array): Float64Array {
  const max = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return scores.map((score) =>
    score === Number.NEGATIVE_INFINITY ? 0 : Math.max(LEAST, Math.exp(score - max)),
  );
}

/** to (K) = from (K) times between (K, K). */
function reach(to: Float64Array, from: Float64Array, between: Float64Array): void {
  const K = from.length;
  to.fill(0);
  for (let j = 0; j < K; j++) {
    const x = from[j]!;
    if (x === 0) continue;
    for (let k = 0; k < K; k++) to[k]! += x * between[j * K + k]!;
  }
}

/** Writes the factors of a token's emissions; 0 for excluded tags. */
function writeEmissions(
  step: Float64Array,
  emissions: ArrayLike<number>,
  { t, K, known }: { t: number; K: number; known: Parameters<PathSums>[1] },
): void {
  const tag = known?.gold[t] ?? -1;
  const isPossible = (k: number): boolean =>
    tag === -1 || (tag >= 0 ? k === tag : known!.sets[(-2 - tag) * K + k] !== 0);
  let max = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < K; k++) if (isPossible(k)) max = Math.max(max, emissions[t * K + k]!);
  for (let k = 0; k < K; k++)
    step[k] = isPossible(k) ? Math.max(LEAST, Math.exp(emissions[t * K + k]! - max)) : 0;
}

function scale(rows: readonly Float64Array[], factor: number): void {
  for (const row of rows) for (let k = 0; k < row.length; k++) row[k]! *= factor;
}
