// Linear-chain conditional random field (Lafferty, McCallum & Pereira 2001; over an LSTM, Lample et al. 2016) on a
// packed batch:
//
//   s(y) = start[y_1] + sum_t e_t[y_t] + sum_t A[y_{t-1}, y_t] + end[y_T],   p(y) = exp(s(y)) / Z,  Z = sum_y exp(s(y))
//
// Transitions, starts and ends may be forbidden: then their probability and gradient are exactly 0. Tokens may be
// restricted to sets of tags by gold (N) and sets (S, K; 0 or 1): gold >= 0 is one tag, -1 any tag, -2 - i the tags in
// row i of `sets`, at least one. A sentence is impossible if no allowed path is within its sets.
//
// Sums are computed in the exponential domain, where a step of all sentences is one GEMM with exp(A - max A). Rows are
// scaled by powers of 2, which causes no rounding (cf. Rabiner 1989, section V.A). Nonzero factors below 2^-76 times
// the greatest factor of their row are raised to that limit. So products are always normal floats, and every sum is an
// upper bound. A sum is accurate unless raised factors contribute to it. This is detected: for emissions, by the
// probability of their tags; for transitions and for sums over parts of paths, because forward and backward sums
// disagree strongly (APART). Starts and ends are not raised above e^-87, so that the same test detects them. The sums
// of doubtful sentences are recomputed with logarithms, one sentence at a time.
#include "crf/sums.h"
#include "crf/viterbi.h"

// Fills tables from transitions (K, K; from, to), start (K), end (K), each 0 for zeros, and `allowed`: K K + K + K
// integers, nonzero for allowed transitions, starts and ends; or 0 if everything is allowed. Call it again after every
// change of these. Size of tables: 16 + 4 L + 3 K L floats, where L is K rounded up to a multiple of 16, and twice the
// size of gemm_pack's output for (K, K) in binary32. K <= 2048. No aliasing.
void EXPORT(crf_pack)(float *restrict tables, const float *restrict transitions, const float *restrict start,
                      const float *restrict end, const int *restrict allowed, int K) {
  const Crf c = crf_at(tables, K);
  const int *first = allowed ? allowed + (long)K * K : 0, *last = allowed ? first + K : 0;
  crf_factors(c.scores, c.factors, c.shift, transitions, allowed, K, K, 1.f, SMALL);
  crf_factors(c.start, c.start_factor, c.shift + 1, start, first, 1, K, ONE, 0.f);
  crf_factors(c.end, c.end_factor, c.shift + 2, end, last, 1, K, ONE, 0.f);
  for (int j = 0; j < K; j++)
    for (int k = 0; k < c.ld; k++) c.transposed[(long)j * c.ld + k] = k < K ? c.scores[(long)k * c.ld + j] : NEVER;
  pack_(c.packed, c.factors, K, K, c.ld, 1);
  pack_(c.packed_t, c.factors, K, K, 1, c.ld);
}

// Expectations of all sentences: tag probabilities in e, log_z, and weight (0 if impossible). Adds scale times the
// expected transitions of the possible sentences to dtransitions.
static void crf_expect(Chain *c, float *dtransitions, float scale) {
  const Crf *w = &c->crf;
  const int K = w->K, ld = w->ld, M = c->N - c->B;
  crf_forward(c);
  crf_backward(c);
  for (int b = 0; b < c->B; b++)
    if (c->weight[b] != 0.f && sum_lanes(load(c->doubt + (long)b * LANES)) > DOUBT)
      crf_sentence(c, b, dtransitions, scale);
  if (!dtransitions || M <= 0) return;
  pack_(c->packed, c->back + (long)c->B * ld, M, K, ld, 1);
  gemm_(c->counts, c->transitions, c->packed, 0, K, ld, M, 1, ld, ld, 0);
  for (int j = 0; j < K; j++)
    for (int k = 0; k < K; k++)
      dtransitions[(long)j * K + k] += scale * c->counts[(long)j * ld + k] * w->factors[(long)j * ld + k];
}

// demissions, dstart and dend += scale times the probabilities in e. Returns the sum of log_z of the sentences with
// weight 1.
static double crf_collect(const Chain *c, float *demissions, float *dstart, float *dend, float scale) {
  const int K = c->crf.K;
  double total = 0;
  Step s = before_first(c->batch_sizes, c->T, 1, 0);
  while (next(&s, c->batch_sizes, c->T, 1))
    for (int b = 0; b < s.n; b++) {
      if (c->weight[b] == 0.f) continue;
      const float *p = c->e + (long)(s.at + b) * c->crf.ld;
      float *d = demissions + (long)(s.at + b) * K;
      for (int k = 0; k < K; k++) d[k] += scale * p[k];
      if (s.t == 0)
        for (int k = 0; k < K; k++) dstart[k] += scale * p[k];
      if (b < s.carried) continue;
      for (int k = 0; k < K; k++) dend[k] += scale * p[k];
      total += c->log_z[b];
    }
  return total;
}

// The gold path, if all tags are known. Without gradients (0): log_z = its score, and weight = 0 if it has a forbidden
// transition. With gradients: subtracts scale at every emission and transition of the path, in sentences with weight 1.
static void crf_gold(Chain *c, float *demissions, float *dtransitions, float *dstart, float *dend, float scale) {
  const Crf *w = &c->crf;
  const int K = w->K;
  Step s = before_first(c->batch_sizes, c->T, 0, 0);
  while (next(&s, c->batch_sizes, c->T, 0)) {
    const int going = s.t + 1 < c->T ? c->batch_sizes[s.t + 1] : 0;
    for (int b = 0; b < s.n; b++) {
      const long row = s.at + b, tag = c->gold[row], before = s.carried ? c->gold[s.before + b] : 0;
      if (!demissions) {
        const float transition = s.carried ? w->scores[before * w->ld + tag] : w->start[tag];
        const float last = b < going ? 0.f : w->end[tag];
        if (!s.carried) c->log_z[b] = 0;
        c->log_z[b] += (double)c->emissions[row * K + tag] + transition + last;
        if (IS_NEVER(transition) || IS_NEVER(last)) c->weight[b] = 0.f;
      } else if (c->weight[b] != 0.f) {
        demissions[row * K + tag] -= scale;
        if (s.carried) dtransitions[before * K + tag] -= scale;
        else dstart[tag] -= scale;
        if (b >= going) dend[tag] -= scale;
      }
    }
  }
}

// loss[0] += scale sum over sentences of (ln Z - ln Z'), Z' the sum over the paths within the sets of `gold`: a single
// path if all tags are known, else the marginal likelihood (Tsuboi et al. 2008). Accumulates demissions (N, K),
// dtransitions (K, K), dstart (K), dend (K): scale times (expectation - expectation within the sets). emissions (N, K)
// row-major; tables from crf_pack. A sentence that is impossible within its sets has no loss and no gradient. Size of
// scratch: B (19 + L) + 4 N L + K L floats, where L is K rounded up to a multiple of 16, and the size of gemm_pack's
// output for (N, K) in binary32; aligned to 8 bytes. No aliasing.
void EXPORT(crf_loss)(float *restrict loss, float *restrict demissions, float *restrict dtransitions,
                      float *restrict dstart, float *restrict dend, float *restrict scratch,
                      const float *restrict emissions, const float *restrict tables, const int *restrict gold,
                      const float *restrict sets, const int *restrict batch_sizes, int T, int K, float scale) {
  Chain c = chain_at(scratch, emissions, tables, gold, sets, batch_sizes, T, K);
  int partial = 0;
  double known = 0;
  for (int b = 0; b < c.B; b++) c.weight[b] = 1.f;
  for (int r = 0; r < c.N; r++) partial |= gold[r] < 0;
  if (partial) {
    crf_expect(&c, dtransitions, -scale);
    known = crf_collect(&c, demissions, dstart, dend, -scale);
  } else {
    crf_gold(&c, 0, 0, 0, 0, 0.f);
    for (int b = 0; b < c.B; b++) known += c.weight[b] != 0.f ? c.log_z[b] : 0;
  }
  c.gold = 0;
  crf_expect(&c, dtransitions, scale);
  loss[0] += (float)(scale * (crf_collect(&c, demissions, dstart, dend, scale) - known));
  c.gold = gold;
  if (!partial) crf_gold(&c, demissions, dtransitions, dstart, dend, scale);
}
