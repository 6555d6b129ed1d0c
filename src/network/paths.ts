import type { CrfScores } from './crf.ts';

// Probabilities of parts of paths, in float64, one sentence at a time, beside the kernels of crf.ts, which sum over whole
// batches. Forward and backward sums are scaled so that those of each token add up to 1 (Rabiner 1989, §V.A).

/** Keeps what is not forbidden above 0, also where something else is 230 nats better. */
const LEAST = 1e-100;

/** Whether a path may go from tag `before` of token t - 1 to `tag` of token t; -1 beyond the first and the last. */
export type Fits = (t: number, before: number, tag: number) => boolean;

/** The paths of a sentence, each of probability exp(s(y)) / Z. */
export interface Paths {
  /** (L, K): p(y_t = k); 0 where no path is allowed at all. */
  readonly marginals: Float64Array;
  /** The first token that no allowed path reaches, or that none that reaches it leaves; -1 if there are paths. */
  readonly broken: number;
  /** The probability that all links into tokens `from` to `to` fit, where token L is the end. */
  share(from: number, to: number, fits: Fits): number;
}

/** Sums over the paths of a field, given a sentence's emissions (L, K) and what is known, as in `nBest`. */
export type PathSums = (
  emissions: ArrayLike<number>,
  known?: { gold: ArrayLike<number>; sets: ArrayLike<number> },
) => Paths;

export function createPathSums(field: CrfScores): PathSums {
  const { K } = field;
  // Where all links score 0 tokens stand alone, and a sum over a token's tags is all.
  const isFree = [field.transitions, field.start, field.end].every((scores) =>
    scores.every((score) => score === 0),
  );
  const between = factors(field.transitions); // (K, K)
  const start = factors(field.start);
  const end = factors(field.end);
  return (emissions, known) => {
    const L = emissions.length / K;
    /** (L, K): factors of the emissions, divided by what the forward sums are divided by. */
    const steps = new Float64Array(L * K);
    const forward = new Float64Array(L * K);
    const backward = new Float64Array(L * K).fill(1);
    const finish = end.slice();
    let broken = -1;
    for (let t = 0; t < L && broken < 0; t++) {
      const [step, own] = [row(steps, t, K), row(forward, t, K)];
      writeEmissions(step, emissions, { t, K, known });
      if (isFree || t === 0) own.set(start);
      else reach(own, row(forward, t - 1, K), between);
      let sum = 0;
      for (let k = 0; k < K; k++) {
        own[k] = atLeast(own[k]! * step[k]!);
        sum += own[k]!;
      }
      if (sum === 0) broken = t;
      else scale([step, own], 1 / sum);
    }
    if (broken < 0 && L > 0) {
      const last = row(forward, L - 1, K);
      const sum = finish.reduce((all, x, k) => all + x * last[k]!, 0);
      if (sum === 0) broken = L - 1;
      else scale([finish], 1 / sum);
    }
    if (broken >= 0) return { marginals: new Float64Array(L * K), broken, share: () => 0 };

    if (L > 0) row(backward, L - 1, K).set(finish);
    for (let t = L - 2; t >= 0 && !isFree; t--) {
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

    function share(from: number, to: number, fits: Fits): number {
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
    return { marginals: forward.map((x, i) => x * backward[i]!), broken, share };
  };
}

const row = (table: Float64Array, t: number, K: number): Float64Array =>
  table.subarray(t * K, (t + 1) * K);

const atLeast = (x: number): number => (x === 0 ? 0 : Math.max(x, LEAST));

/** exp(score - max); 0 where forbidden. */
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

/** The factors of a token's emissions; 0 for tags that it does not have. */
function writeEmissions(
  step: Float64Array,
  emissions: ArrayLike<number>,
  { t, K, known }: { t: number; K: number; known: Parameters<PathSums>[1] },
): void {
  const tag = known?.gold[t] ?? -1;
  const isOpen = (k: number): boolean =>
    tag === -1 || (tag >= 0 ? k === tag : known!.sets[(-2 - tag) * K + k] !== 0);
  let max = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < K; k++) if (isOpen(k)) max = Math.max(max, emissions[t * K + k]!);
  for (let k = 0; k < K; k++)
    step[k] = isOpen(k) ? Math.max(LEAST, Math.exp(emissions[t * K + k]! - max)) : 0;
}

function scale(rows: readonly Float64Array[], by: number): void {
  for (const own of rows) for (let k = 0; k < own.length; k++) own[k]! *= by;
}
