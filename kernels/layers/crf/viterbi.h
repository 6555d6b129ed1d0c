// The best path of a CRF.
#pragma once
#include "sums.h"

// The index of the first maximum of x (K) + y (K; 0 for none), and the maximum.
INLINE int first_best(const float *x, const float *y, int K, float *value) {
  int best = 0;
  value[0] = x[0] + (y ? y[0] : 0.f);
  for (int k = 1; k < K; k++) {
    const float z = x[k] + (y ? y[k] : 0.f);
    if (z > value[0]) value[0] = z, best = k;
  }
  return best;
}

// best (vectors * LANES) = max_j (from[j] + scores[j]). `vectors` is a constant at every call, so that the maxima stay
// in registers.
INLINE void max_step(float *best, const float *from, const float *scores, int K, int ld, const int vectors) {
  V y[4];
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) y[v] = splat(2 * NEVER);
  for (int j = 0; j < K; j++, scores += ld) {
    const V x = splat(from[j]);
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) y[v] = larger(x + load(scores + v * LANES), y[v]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) store(best + v * LANES, y[v]);
}

// Viterbi (1967): best (N) = the tags of the path with the greatest score within the sets (gold may be 0: no sets),
// score (B) = its score s. Among equal paths, the one with the lower last tag wins, then the one with the lower
// previous tag, and so on. Where all paths within the sets end, every transition is allowed with score 0; the same
// applies to ends. All operations are additions and maxima, so all processors find the same tags. scratch: B (2 + L) +
// N L floats, with L as in crf_loss. No aliasing.
void EXPORT(crf_decode)(int *restrict best, float *restrict score, float *restrict scratch,
                        const float *restrict emissions, const float *restrict tables, const int *restrict gold,
                        const float *restrict sets, const int *restrict batch_sizes, int T, int K) {
  const Chain c = chain_at(scratch, emissions, tables, gold, sets, batch_sizes, T, K);
  const Crf *w = &c.crf;
  const int ld = w->ld;
  double *total = (double *)scratch;
  float *step = scratch + 2 * c.B, *delta = step + c.B * ld; // (N, ld), each row shifted to a maximum of 0
  Step s = before_first(batch_sizes, T, 0, 0);
  while (next(&s, batch_sizes, T, 0))
    for (int b = 0; b < s.n; b++) {
      float *to = delta + (long)(s.at + b) * ld, *reached = step + (long)b * ld;
      const float *from = delta + (long)(s.before + b) * ld;
      emission_scores(&c, to, s.at + b);
      if (!s.carried) total[b] = 0, reached = w->start;
      else
        for (int k = 0; k < ld; k += 4 * LANES) {
          const int vectors = (ld - k) / LANES;
          if (vectors >= 4) max_step(reached + k, from, w->scores + k, K, ld, 4);
          else if (vectors == 3) max_step(reached + k, from, w->scores + k, K, ld, 3);
          else if (vectors == 2) max_step(reached + k, from, w->scores + k, K, ld, 2);
          else max_step(reached + k, from, w->scores + k, K, ld, 1);
        }
      V top = splat(NEVER);
      for (int k = 0; k < ld; k += LANES) top = larger(load(to + k) + load(reached + k), top);
      float max = max_lanes(top);
      const int free = IS_NEVER(max);
      if (free) max = max_row(to, ld);
      for (int k = 0; k < ld; k += LANES) {
        const V y = free ? load(to + k) : load(to + k) + load(reached + k);
        store(to + k, choose(IS_NEVER(y), splat(NEVER), y - max));
      }
      total[b] += max;
    }
  s = before_first(batch_sizes, T, 1, 0);
  while (next(&s, batch_sizes, T, 1))
    for (int b = 0; b < s.n; b++) {
      const float *x = delta + (long)(s.at + b) * ld;
      const int ends = b >= s.carried;
      float value;
      int tag = first_best(x, ends ? w->end : w->transposed + (long)best[s.before + b] * ld, K, &value);
      if (IS_NEVER(value)) tag = first_best(x, 0, K, &value);
      best[s.at + b] = tag;
      if (ends) score[b] = (float)(total[b] + value);
    }
}
