import type { CrfScores } from './scores.ts';

/** A path and its score. */
export interface ScoredPath {
  readonly tags: Int32Array;
  readonly score: number;
}

/**
 * The `n` best paths of one sentence that agree with `gold`, best first. Returns fewer if there are fewer allowed
 * paths. Paths of equal score are in the order of `crfDecode`. Emissions (L, K), gold (L) as in `CrfBatch`, sets (S,
 * K).
 *
 * This is the list Viterbi algorithm (Seshadri & Sundberg 1994): each tag of each token keeps its n best path prefixes.
 * It takes L n K² steps.
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

  // Entry k * n + r is the score of the prefix of rank r that ends in tag k; -Infinity if there is no such prefix.
  let scores = new Float64Array(K * n).fill(Number.NEGATIVE_INFINITY);
  let next = scores.slice();
  const origins: Int32Array[] = []; // for each token except the first: the entry of the previous token
  const rank = new Int32Array(K); // rank of each tag's best prefix that is not yet taken

  /** Calls `take(r, entry, score)` for the n best entries, best first, after adding transition(j) to those of tag j. */
  const merge = (
    transition: (from: number) => number,
    take: (r: number, entry: number, score: number) => void,
  ): void => {
    rank.fill(0);
    for (let r = 0; r < n; r++) {
      let best = -1;
      let most = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < K; j++) {
        if (rank[j] === n) continue;
        const score = scores[j * n + rank[j]!]! + transition(j);
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
