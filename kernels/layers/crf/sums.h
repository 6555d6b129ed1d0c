// Sums over the paths of a CRF: the forward and backward algorithms, in the exponential domain and with logarithms.
#pragma once
#include "../../batch.h"
#include "tables.h"

#define DOUBT 3e-7f
#define APART 0x1p44f // a raised entry of probability DOUBT gives 2^55 / K
#define LN2 0.693147180559945309

// A batch, and the scratch space of its sums. Rows have `ld` floats, and their padding is 0.
typedef struct {
  Crf crf;
  const int *batch_sizes;
  int T, B, N;
  const float *emissions; // (N, K)
  const int *gold;        // (N) or 0
  const float *sets;
  double *log_z;      // (B)
  float *weight;      // (B) 1, or 0 for an impossible sentence
  float *doubt;       // (B, LANES) the probability of tags whose emissions were raised; at least 1 if sums are APART
  float *step;        // (B, ld)
  float *e;           // (N, ld) factors of the emissions; later the tag probabilities
  float *forward;     // (N, ld) sums over all path prefixes up to a tag and its emission
  float *back;        // (N, ld) sums over all path suffixes
  float *transitions; // (N - B, ld) `forward` of the previous token, for each token except the first
  float *packed;      // `back` of the same tokens, packed
  float *counts;      // (K, ld)
} Chain;
static Chain chain_at(float *scratch, const float *emissions, const float *tables, const int *gold, const float *sets,
                      const int *batch_sizes, int T, int K) {
  Chain c = {.crf = crf_at(tables, K), .batch_sizes = batch_sizes, .T = T, .B = T > 0 ? batch_sizes[0] : 0};
  for (int t = 0; t < T; t++) c.N += batch_sizes[t];
  c.emissions = emissions, c.gold = gold, c.sets = sets;
  const long ld = c.crf.ld, size = c.N * ld;
  c.log_z = (double *)scratch, c.weight = scratch + 2 * c.B, c.doubt = c.weight + c.B, c.step = c.doubt + c.B * LANES;
  c.e = c.step + c.B * ld, c.forward = c.e + size, c.back = c.forward + size, c.transitions = c.back + size;
  c.packed = c.transitions + size, c.counts = c.packed + packed_size(c.N, K);
  return c;
}

// to (ld) <- the scores of a token's tags; NEVER for tags that its set excludes.
static void emission_scores(const Chain *c, float *to, long row) {
  const int K = c->crf.K, gold = c->gold ? c->gold[row] : -1;
  const float *from = c->emissions + row * K, *set = gold < -1 ? c->sets + (long)(-2 - gold) * K : 0;
  for (int k = 0; k < K; k++) to[k] = from[k];
  for (int k = K; k < c->crf.ld; k++) to[k] = NEVER;
  if (set)
    for (int k = 0; k < K; k++) to[k] = set[k] != 0.f ? to[k] : NEVER;
  if (gold >= 0)
    for (int k = 0; k < K; k++) to[k] = k == gold ? to[k] : NEVER;
}
INLINE float max_row(const float *x, int ld) {
  V top = splat(NEVER);
  for (int k = 0; k < ld; k += LANES) top = larger(load(x + k), top);
  return max_lanes(top);
}

// Multiplies x (ld) by the power of 2 that moves `max` to [ONE, 2 ONE), then raises nonzero numbers below LEAST to
// LEAST. Returns the exponent.
INLINE int rescale(float *x, float max, int ld) {
  const union {
    float value;
    int32_t bits;
  } greatest = {max};
  const int power = 104 - ((greatest.bits >> 23) - 127), n = power > 127 ? 127 : power;
  const union {
    int32_t bits;
    float value;
  } factor = {(n + 127) << 23};
  for (int k = 0; k < ld; k += LANES) {
    const V y = load(x + k) * factor.value;
    store(x + k, choose((y < LEAST) & (y != 0.f), splat(LEAST), y));
  }
  return n;
}

// Forward algorithm: e, forward, and log_z up to the ends.
static void crf_forward(Chain *c) {
  const Crf *w = &c->crf;
  const int ld = w->ld;
  for (int b = 0; b < c->B; b++) c->log_z[b] = 0;
  Step s = before_first(c->batch_sizes, c->T, 0, 0);
  while (next(&s, c->batch_sizes, c->T, 0)) {
    gemm_(c->step, c->forward + (long)s.before * ld, w->packed, 0, s.carried, ld, w->K, ld, 1, ld, 0);
    for (int b = 0; b < s.n; b++) {
      const long row = s.at + b;
      const float *from = b < s.carried ? c->step + (long)b * ld : w->start_factor;
      float *e = c->e + row * ld, *to = c->forward + row * ld;
      emission_scores(c, e, row);
      const float shift = max_row(e, ld);
      V top = {0};
      for (int k = 0; k < ld; k += LANES) {
        const V score = load(e + k), factor = larger(splat(SMALL), exp_(score - shift));
        const V known = choose(IS_NEVER(score), (V){0}, factor), y = load(from + k) * known;
        store(e + k, known);
        store(to + k, y);
        top = larger(y, top);
      }
      c->log_z[b] += shift + (double)w->shift[b < s.carried ? 0 : 1] - LN2 * rescale(to, max_lanes(top), ld);
    }
  }
}

// Backward algorithm, after crf_forward. Writes the tag probabilities to e, and completes log_z. `transitions` and
// `back` become factors of the expected transition counts: transitions^T back, times the factors of the parameters.
static void crf_backward(Chain *c) {
  const Crf *w = &c->crf;
  const int ld = w->ld;
  const float down = 0x1p-105f, negligible = 0x1p-40f;
  Step s = before_first(c->batch_sizes, c->T, 1, 0);
  while (next(&s, c->batch_sizes, c->T, 1)) {
    gemm_(c->step, c->back + (long)s.before * ld, w->packed_t, 0, s.carried, ld, w->K, ld, 1, ld, 0);
    for (int b = 0; b < s.n; b++) {
      const long row = s.at + b;
      const float *from = b < s.carried ? c->step + (long)b * ld : w->end_factor, *a = c->forward + row * ld;
      float *e = c->e + row * ld, *to = c->back + row * ld, *doubt = c->doubt + (long)b * LANES;
      V top = {0}, sum = {0};
      for (int k = 0; k < ld; k += LANES) {
        const V x = load(from + k), y = x * load(e + k);
        store(to + k, y);
        top = larger(y, top);
        sum += load(a + k) * down * x;
      }
      const float z = sum_lanes(sum), inverse = z == 0.f ? 0.f : 1.f / z;
      rescale(to, max_lanes(top), ld);
      if (b >= s.carried) {
        c->log_z[b] += log_(z) - 103 * LN2 + w->shift[2];
        if (z == 0.f) c->weight[b] = 0.f;
        store(doubt, (V){0});
      }
      V raised = {0};
      for (int k = 0; k < ld; k += LANES) {
        const V p = load(a + k) * down * load(from + k);
        const V probability = choose(p < z * 0x1p-60f, (V){0}, p * inverse); // without subnormal numbers
        raised += choose(load(e + k) <= SMALL, probability, (V){0});
        store(e + k, probability);
      }
      // If the sums are not APART, negligible factors become 0 before their product would be subnormal.
      const float apart = inverse * 0x1p105f;
      const int far = apart > APART;
      store(doubt, load(doubt) + raised + (far ? 1.f : 0.f));
      if (b >= s.carried) continue;
      const float scale = far ? 0.f : inverse * c->weight[b], least = negligible / apart;
      float *beginning = c->transitions + (long)(s.before + b - c->B) * ld,
            *after = c->back + (long)(s.before + b) * ld;
      for (int k = 0; k < ld; k += LANES) {
        const V x = load(a + k) * down, y = load(after + k) * scale;
        store(beginning + k, choose(x < least, (V){0}, x));
        store(after + k, choose(y < negligible, (V){0}, y));
      }
    }
  }
}
// to (ld)[k] = ln sum_j exp(from[j] + scores[j, k]).
static void log_step(float *to, const float *from, const float *scores, int K) {
  const int ld = padded(K);
  for (int k = 0; k < ld; k += LANES) {
    V max = splat(NEVER), sum = {0};
    for (int j = 0; j < K; j++) max = larger(from[j] + load(scores + (long)j * ld + k), max);
    for (int j = 0; j < K; j++) sum += exp_(from[j] + load(scores + (long)j * ld + k) - max);
    for (int i = 0; i < LANES; i++) to[k + i] = IS_NEVER(max[i]) ? NEVER : max[i] + (float)log_(sum[i]);
  }
}
// to = x + y, shifted to a maximum of 0. Returns the shift.
static float log_product(float *to, const float *x, const float *y, int ld) {
  for (int k = 0; k < ld; k += LANES) store(to + k, larger(splat(NEVER), load(x + k) + load(y + k)));
  const float max = max_row(to, ld);
  for (int k = 0; k < ld; k += LANES) {
    const V y = load(to + k);
    store(to + k, choose(IS_NEVER(y), y, y - max));
  }
  return max;
}

// Both algorithms with logarithms, for sentence b, which must be possible. Writes its log_z and its tag probabilities
// in e. dtransitions += scale times its expected transitions. Its rows of `back` become 0.
static void crf_sentence(Chain *c, int b, float *dtransitions, float scale) {
  const Crf *w = &c->crf;
  const int K = w->K, ld = w->ld;
  float *rest = c->step, *e = 0, *to = 0; // `step` is free between the passes
  long row = b;
  int t = 0;
  double total = 0;
  for (; t < c->T && b < c->batch_sizes[t]; row += c->batch_sizes[t++]) {
    e = c->e + row * ld;
    emission_scores(c, e, row);
    if (t > 0) log_step(rest, to, w->scores, K);
    to = c->forward + row * ld;
    total += log_product(to, t > 0 ? rest : w->start, e, ld);
  }
  for (const float *after = 0; t-- > 0; after = to) {
    row -= c->batch_sizes[t];
    e = c->e + row * ld, to = c->back + row * ld;
    const float *a = c->forward + row * ld;
    if (after) log_step(rest, after, w->transposed, K);
    else
      for (int k = 0; k < ld; k++) rest[k] = w->end[k];
    V max = splat(NEVER), sum = {0};
    for (int k = 0; k < ld; k += LANES) max = larger(load(a + k) + load(rest + k), max);
    const float top = max_lanes(max);
    for (int k = 0; k < ld; k += LANES) sum += exp_(load(a + k) + load(rest + k) - top);
    const float z = top + (float)log_(sum_lanes(sum)); // at least one term is e^0
    if (!after) c->log_z[b] = total + z;
    log_product(to, rest, e, ld);
    for (int k = 0; k < ld; k += LANES) {
      const V y = load(a + k) + load(rest + k);
      store(e + k, choose(IS_NEVER(y), (V){0}, exp_(y - z)));
    }
    if (dtransitions && after)
      for (int j = 0; j < K; j++)
        for (int k = 0; k < K; k += LANES) {
          const V y = a[j] + load(w->scores + (long)j * ld + k) + load(after + k);
          const int n = K - k < LANES ? K - k : LANES;
          float *d = dtransitions + (long)j * K + k;
          store_n(d, load_n(d, n) + choose(IS_NEVER(y), (V){0}, scale * exp_(y - z)), n);
        }
    if (after)
      for (int k = 0; k < ld; k++) c->back[(row + c->batch_sizes[t]) * ld + k] = 0.f;
  }
}
