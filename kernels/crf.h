// Linear-chain conditional random field (Lafferty, McCallum & Pereira 2001; over an LSTM, Lample et al. 2016) over a
// packed batch. Part of kernels.c, which includes it.
//
//   s(y) = start[y_1] + sum_t e_t[y_t] + sum_t A[y_{t-1}, y_t] + end[y_T],   p(y) = exp(s(y)) / Z,  Z = sum_y exp(s(y))
//
// Links may be forbidden: they have probability 0 and gradient 0, exactly. Tokens may be constrained to sets of tags by
// `gold` (N) and `sets` (S, K; 0 or 1): gold >= 0 is that one tag, -1 any tag, -2 - i row i of `sets`, which has at
// least one. Sums over paths go over the allowed ones within the sets. A sentence that has none is called impossible.
//
// Fast and right. The sums run in the exponential domain, each row scaled by a power of 2 (which rounds nothing; cf.
// Rabiner 1989, §V.A), so that a step of all live sentences is one GEMM with exp(A - max A). Whatever is not 0 is kept
// from 2^-76 to 1 of the greatest of its row, by raising what is smaller; then no product leaves the normal floats, and
// every sum is an upper bound. It is close unless what was raised has a share in it, which shows: an emission by the
// probability of its tag; a transition, or a sum over beginnings or rests of paths, by the two sides of a link hardly
// fitting together, APART. (Starts and ends go down to e^-87, so that they show in the same way.)
// Sentences where it shows are summed again by logarithms, one by one.

#define NEVER -1e30f // the score of what is forbidden: finite, so that no NaN comes of it
#define IS_NEVER(x) ((x) < -1e29f)
#define SMALL 0x1p-76f // the least factor but 0
#define ONE 0x1p104f   // the greatest of a scaled row lies in [ONE, 2 ONE)
#define LEAST (ONE * SMALL)
#define DOUBT 3e-7f
#define APART 0x1p44f // a raised entry of probability DOUBT makes it 2^55 / K
#define LN2 0.693147180559945309

// b where one is NaN. Written so that compilers find the instruction.
INLINE V max_(V a, V b) {
  V y;
  for (int i = 0; i < LANES; i++) y[i] = a[i] > b[i] ? a[i] : b[i];
  return y;
}
INLINE float max_lanes(V x) {
  float a[LANES];
  store(a, x);
#pragma GCC unroll 4
  for (int w = LANES / 2; w > 0; w /= 2)
    for (int i = 0; i < w; i++) a[i] = a[i] > a[i + w] ? a[i] : a[i + w];
  return a[0];
}
INLINE float sum_lanes(V x) {
  float a[LANES];
  store(a, x);
#pragma GCC unroll 4
  for (int w = LANES / 2; w > 0; w /= 2)
    for (int i = 0; i < w; i++) a[i] += a[i + w];
  return a[0];
}

// What crf_pack makes of the parameters. Rows are padded to `ld` floats, whole vectors: scores with NEVER, factors
// with 0.
typedef struct {
  int K, ld;
  float *shift;                              // [0..2] the maxima of transitions, start, end
  float *start, *end;                        // (ld) scores, NEVER where forbidden
  float *start_factor, *end_factor;          // (ld) ONE exp(start - shift)
  float *scores, *transposed;                // (K, ld) scores from the row's tag, and to it
  float *factors;                            // (K, ld) exp(scores - shift)
  float *packed, *packed_t;                  // factors, and their transpose, packed
} Crf;
INLINE int padded(int K) { return (K + LANES - 1) / LANES * LANES; }
INLINE long packed_size(long rows, int K) { return rows * ((K + PANEL - 1) / PANEL * PANEL); }
INLINE Crf crf_at(const float *tables, int K) {
  Crf c = {.K = K, .ld = padded(K), .shift = (float *)tables};
  const long matrix = (long)K * c.ld;
  c.start = c.shift + 16, c.end = c.start + c.ld;
  c.start_factor = c.end + c.ld, c.end_factor = c.start_factor + c.ld;
  c.scores = c.end_factor + c.ld, c.transposed = c.scores + matrix, c.factors = c.transposed + matrix;
  c.packed = c.factors + matrix, c.packed_t = c.packed + packed_size(K, K);
  return c;
}

// `rows` rows of scores (K; NEVER where not allowed) and their factors scale exp(score - max), at least scale * least.
static void crf_factors(float *scores, float *factors, float *shift, const float *from, const int *allowed, int rows,
                        int K, float scale, float least) {
  const int ld = padded(K);
  float max = NEVER;
  for (int j = 0; j < rows; j++)
    for (int k = 0; k < ld; k++) {
      const long i = (long)j * K + k;
      const float score = k >= K || (allowed && !allowed[i]) ? NEVER : from ? from[i] : 0.f;
      scores[(long)j * ld + k] = score;
      max = score > max ? score : max;
    }
  shift[0] = IS_NEVER(max) ? 0.f : max;
  for (long i = 0; i < (long)rows * ld; i += LANES) {
    const V score = load(scores + i);
    const V factor = scale * max_(splat(least), exp_(score - shift[0]));
    store(factors + i, choose(IS_NEVER(score), (V){0}, factor));
  }
}

// tables <- transitions (K, K; from, to), start (K), end (K), each 0 for none, and `allowed`, 0 or K * K + K + K
// integers: which transitions, starts and ends are (not 0). To be done whenever one of them has changed. tables has
// 16 + 4 L + 3 K L floats, L being K rounded up to 16, and twice what pack_ writes for (K, K). K <= 2048.
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

// A batch, and the scratch space of its sums. Rows of `ld` floats, the padding 0.
typedef struct {
  Crf crf;
  const int *rows;
  int T, B, N;
  const float *emissions; // (N, K)
  const int *gold;        // (N) or 0
  const float *sets;
  double *log_z;  // (B)
  float *weight;  // (B) 1, or 0 for a sentence that counts nowhere
  float *doubt;   // (B, LANES) the probability of tags whose emissions were raised; 1 and more where sums are apart
  float *step;    // (B, ld)
  float *e;       // (N, ld) factors of the emissions; then the probabilities of tags
  float *forward; // (N, ld) sums over all beginnings up to a tag and its emission
  float *back;    // (N, ld) the same from the end
  float *links;   // (N - B, ld) what `forward` was before each token but the first
  float *packed;  // `back` of the same tokens, packed
  float *counts;  // (K, ld)
} Chain;
static Chain chain_at(float *scratch, const float *emissions, const float *tables, const int *gold, const float *sets,
                      const int *rows, int T, int K) {
  Chain c = {.crf = crf_at(tables, K), .rows = rows, .T = T, .B = T > 0 ? rows[0] : 0};
  for (int t = 0; t < T; t++) c.N += rows[t];
  c.emissions = emissions, c.gold = gold, c.sets = sets;
  const long ld = c.crf.ld, size = c.N * ld;
  c.log_z = (double *)scratch, c.weight = scratch + 2 * c.B, c.doubt = c.weight + c.B, c.step = c.doubt + c.B * LANES;
  c.e = c.step + c.B * ld, c.forward = c.e + size, c.back = c.forward + size, c.links = c.back + size;
  c.packed = c.links + size, c.counts = c.packed + packed_size(c.N, K);
  return c;
}

// to (ld) <- the scores of a token's tags, NEVER where its set excludes them.
static void emission_scores(const Chain *c, float *to, long row) {
  const int K = c->crf.K, gold = c->gold ? c->gold[row] : -1;
  const float *from = c->emissions + row * K, *set = gold < -1 ? c->sets + (long)(-2 - gold) * K : 0;
  for (int k = 0; k < K; k++) to[k] = from[k];
  for (int k = K; k < c->crf.ld; k++) to[k] = NEVER;
  if (set) for (int k = 0; k < K; k++) to[k] = set[k] != 0.f ? to[k] : NEVER;
  if (gold >= 0) for (int k = 0; k < K; k++) to[k] = k == gold ? to[k] : NEVER;
}
INLINE float max_row(const float *x, int ld) {
  V top = splat(NEVER);
  for (int k = 0; k < ld; k += LANES) top = max_(load(x + k), top);
  return max_lanes(top);
}

// x (ld) *= the power of 2 that brings `max` to [ONE, 2 ONE), then what is below LEAST but not 0 becomes LEAST. Returns
// the exponent.
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

static void crf_forward(Chain *c) {
  const Crf *w = &c->crf;
  const int ld = w->ld;
  for (int b = 0; b < c->B; b++) c->log_z[b] = 0;
  Step s = before_first(c->rows, c->T, 0, 0);
  while (next(&s, c->rows, c->T, 0)) {
    gemm_(c->step, c->forward + (long)s.before * ld, w->packed, 0, s.carried, ld, w->K, ld, 1, ld, 0);
    for (int b = 0; b < s.n; b++) {
      const long row = s.at + b;
      const float *from = b < s.carried ? c->step + (long)b * ld : w->start_factor;
      float *e = c->e + row * ld, *to = c->forward + row * ld;
      emission_scores(c, e, row);
      const float shift = max_row(e, ld);
      V top = {0};
      for (int k = 0; k < ld; k += LANES) {
        const V score = load(e + k), factor = max_(splat(SMALL), exp_(score - shift));
        const V known = choose(IS_NEVER(score), (V){0}, factor), y = load(from + k) * known;
        store(e + k, known);
        store(to + k, y);
        top = max_(y, top);
      }
      c->log_z[b] += shift + (double)w->shift[b < s.carried ? 0 : 1] - LN2 * rescale(to, max_lanes(top), ld);
    }
  }
}

// After crf_forward: e becomes the probabilities of tags, `log_z` is completed, and `links` and `back` are left such
// that links^T back, times the factors of the transitions, are the expected links.
static void crf_backward(Chain *c) {
  const Crf *w = &c->crf;
  const int ld = w->ld;
  const float down = 0x1p-105f, negligible = 0x1p-40f;
  Step s = before_first(c->rows, c->T, 1, 0);
  while (next(&s, c->rows, c->T, 1)) {
    gemm_(c->step, c->back + (long)s.before * ld, w->packed_t, 0, s.carried, ld, w->K, ld, 1, ld, 0);
    for (int b = 0; b < s.n; b++) {
      const long row = s.at + b;
      const float *from = b < s.carried ? c->step + (long)b * ld : w->end_factor, *a = c->forward + row * ld;
      float *e = c->e + row * ld, *to = c->back + row * ld, *doubt = c->doubt + (long)b * LANES;
      V top = {0}, sum = {0};
      for (int k = 0; k < ld; k += LANES) {
        const V x = load(from + k), y = x * load(e + k);
        store(to + k, y);
        top = max_(y, top);
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
      // Below APART, what is negligible among the links can be dropped before its product would be subnormal.
      const float apart = inverse * 0x1p105f;
      const int far = apart > APART;
      store(doubt, load(doubt) + raised + (far ? 1.f : 0.f));
      if (b >= s.carried) continue;
      const float scale = far ? 0.f : inverse * c->weight[b], least = negligible / apart;
      float *link = c->links + (long)(s.before + b - c->B) * ld, *after = c->back + (long)(s.before + b) * ld;
      for (int k = 0; k < ld; k += LANES) {
        const V x = load(a + k) * down, y = load(after + k) * scale;
        store(link + k, choose(x < least, (V){0}, x));
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
    for (int j = 0; j < K; j++) max = max_(from[j] + load(scores + (long)j * ld + k), max);
    for (int j = 0; j < K; j++) sum += exp_(from[j] + load(scores + (long)j * ld + k) - max);
    for (int i = 0; i < LANES; i++) to[k + i] = IS_NEVER(max[i]) ? NEVER : max[i] + (float)log_(sum[i]);
  }
}
// to = x + y, shifted to a maximum of 0. Returns the shift.
static float log_product(float *to, const float *x, const float *y, int ld) {
  for (int k = 0; k < ld; k += LANES) store(to + k, max_(splat(NEVER), load(x + k) + load(y + k)));
  const float max = max_row(to, ld);
  for (int k = 0; k < ld; k += LANES) {
    const V y = load(to + k);
    store(to + k, choose(IS_NEVER(y), y, y - max));
  }
  return max;
}

// The forward and backward pass of sentence b, which is not impossible, by logarithms: its log_z, the probabilities of
// its tags in e, and dtransitions += scale * its expected links (unless 0). Its rows in `back` become 0.
static void crf_sentence(Chain *c, int b, float *dtransitions, float scale) {
  const Crf *w = &c->crf;
  const int K = w->K, ld = w->ld;
  float *rest = c->step, *e = 0, *to = 0; // `step` is free between the passes
  long row = b;
  int t = 0;
  double total = 0;
  for (; t < c->T && b < c->rows[t]; row += c->rows[t++]) {
    e = c->e + row * ld;
    emission_scores(c, e, row);
    if (t > 0) log_step(rest, to, w->scores, K);
    to = c->forward + row * ld;
    total += log_product(to, t > 0 ? rest : w->start, e, ld);
  }
  for (const float *after = 0; t-- > 0; after = to) {
    row -= c->rows[t];
    e = c->e + row * ld, to = c->back + row * ld;
    const float *a = c->forward + row * ld;
    if (after) log_step(rest, after, w->transposed, K);
    else for (int k = 0; k < ld; k++) rest[k] = w->end[k];
    V max = splat(NEVER), sum = {0};
    for (int k = 0; k < ld; k += LANES) max = max_(load(a + k) + load(rest + k), max);
    const float top = max_lanes(max);
    for (int k = 0; k < ld; k += LANES) sum += exp_(load(a + k) + load(rest + k) - top);
    const float z = top + (float)log_(sum_lanes(sum)); // at least 1 term is e^0
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
    if (after) for (int k = 0; k < ld; k++) c->back[(row + c->rows[t]) * ld + k] = 0.f;
  }
}

// The expectations of all sentences: probabilities of tags in e, log_z, weight (0 for the impossible, else as it was),
// dtransitions += scale * the expected links of the sentences that count (unless 0).
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
  gemm_(c->counts, c->links, c->packed, 0, K, ld, M, 1, ld, ld, 0);
  for (int j = 0; j < K; j++)
    for (int k = 0; k < K; k++)
      dtransitions[(long)j * K + k] += scale * c->counts[(long)j * ld + k] * w->factors[(long)j * ld + k];
}

// demissions, dstart and dend += scale * the probabilities in e. Returns the sum of log_z of the sentences that count.
static double crf_collect(const Chain *c, float *demissions, float *dstart, float *dend, float scale) {
  const int K = c->crf.K;
  double total = 0;
  Step s = before_first(c->rows, c->T, 1, 0);
  while (next(&s, c->rows, c->T, 1))
    for (int b = 0; b < s.n; b++) {
      if (c->weight[b] == 0.f) continue;
      const float *p = c->e + (long)(s.at + b) * c->crf.ld;
      float *d = demissions + (long)(s.at + b) * K;
      for (int k = 0; k < K; k++) d[k] += scale * p[k];
      if (s.t == 0) for (int k = 0; k < K; k++) dstart[k] += scale * p[k];
      if (b < s.carried) continue;
      for (int k = 0; k < K; k++) dend[k] += scale * p[k];
      total += c->log_z[b];
    }
  return total;
}

// Visits the links of the gold path, all tags known. With d* = 0: log_z = the path's scores, weight = 0 where it has a
// forbidden link. Else d* -= scale for all that counts.
static void crf_gold(Chain *c, float *demissions, float *dtransitions, float *dstart, float *dend, float scale) {
  const Crf *w = &c->crf;
  const int K = w->K;
  Step s = before_first(c->rows, c->T, 0, 0);
  while (next(&s, c->rows, c->T, 0)) {
    const int going = s.t + 1 < c->T ? c->rows[s.t + 1] : 0;
    for (int b = 0; b < s.n; b++) {
      const long row = s.at + b, tag = c->gold[row], before = s.carried ? c->gold[s.before + b] : 0;
      if (!demissions) {
        const float link = s.carried ? w->scores[before * w->ld + tag] : w->start[tag];
        const float last = b < going ? 0.f : w->end[tag];
        if (!s.carried) c->log_z[b] = 0;
        c->log_z[b] += (double)c->emissions[row * K + tag] + link + last;
        if (IS_NEVER(link) || IS_NEVER(last)) c->weight[b] = 0.f;
      } else if (c->weight[b] != 0.f) {
        demissions[row * K + tag] -= scale;
        if (s.carried) dtransitions[before * K + tag] -= scale;
        else dstart[tag] -= scale;
        if (b >= going) dend[tag] -= scale;
      }
    }
  }
}

// Floats of `scratch`, L being K rounded up to 16: B (19 + L) + 4 N L + K L, and what pack_ writes for (N, K).

// loss[0] += scale * the sum over sentences of ln Z - ln Z', Z' the sum over the paths within the sets of `gold` (one
// path where all tags are known; else marginal likelihood: Tsuboi et al. 2008). Adds to demissions (N, K),
// dtransitions (K, K), dstart (K), dend (K): scale * (expectation - expectation within the sets). `tables` from
// crf_pack. A sentence impossible within its sets counts nowhere: no loss, no gradient.
void EXPORT(crf_loss)(float *restrict loss, float *restrict demissions, float *restrict dtransitions,
                      float *restrict dstart, float *restrict dend, float *restrict scratch,
                      const float *restrict emissions, const float *restrict tables, const int *restrict gold,
                      const float *restrict sets, const int *restrict rows, int T, int K, float scale) {
  Chain c = chain_at(scratch, emissions, tables, gold, sets, rows, T, K);
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

// marginals (N, K) = the probability of each tag of each token, log_z (B) = ln Z, both over the paths within the sets
// (gold may be 0). Of an impossible sentence, marginals are 0 and log_z is NEVER. Scratch as for crf_loss.
void EXPORT(crf_marginals)(float *restrict marginals, float *restrict log_z, float *restrict scratch,
                           const float *restrict emissions, const float *restrict tables, const int *restrict gold,
                           const float *restrict sets, const int *restrict rows, int T, int K) {
  Chain c = chain_at(scratch, emissions, tables, gold, sets, rows, T, K);
  for (int b = 0; b < c.B; b++) c.weight[b] = 1.f;
  crf_expect(&c, 0, 0.f);
  for (long r = 0; r < c.N; r++)
    for (int k = 0; k < K; k++) marginals[r * K + k] = c.e[r * c.crf.ld + k];
  for (int b = 0; b < c.B; b++) log_z[b] = c.weight[b] != 0.f ? (float)c.log_z[b] : NEVER;
}

// The first of the greatest of x (K) + y (K; or 0 for none), and its value.
INLINE int first_best(const float *x, const float *y, int K, float *value) {
  int best = 0;
  value[0] = x[0] + (y ? y[0] : 0.f);
  for (int k = 1; k < K; k++) {
    const float z = x[k] + (y ? y[k] : 0.f);
    if (z > value[0]) value[0] = z, best = k;
  }
  return best;
}

// `vectors` vectors of best (ld) = max_j (from[j] + scores[j]); a constant at every call, so that they stay in
// registers.
INLINE void max_step(float *best, const float *from, const float *scores, int K, int ld, const int vectors) {
  V y[4];
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) y[v] = splat(2 * NEVER);
  for (int j = 0; j < K; j++, scores += ld) {
    const V x = splat(from[j]);
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) y[v] = max_(x + load(scores + v * LANES), y[v]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) store(best + v * LANES, y[v]);
}

// Viterbi (1967): best (N) = the tags of the path of greatest score within the sets (gold may be 0), score (B) = s of
// that path. Of equal paths the one with the first last tag wins, then with the first tag before it, and so on. A link
// that no path within the sets can cross is free: any tag follows, for a score of 0; so is an end. Additions and maxima
// alone, hence the same tags on every processor. Scratch: B (2 + L) + N L floats of those of crf_loss.
void EXPORT(crf_decode)(int *restrict best, float *restrict score, float *restrict scratch,
                        const float *restrict emissions, const float *restrict tables, const int *restrict gold,
                        const float *restrict sets, const int *restrict rows, int T, int K) {
  const Chain c = chain_at(scratch, emissions, tables, gold, sets, rows, T, K);
  const Crf *w = &c.crf;
  const int ld = w->ld;
  double *total = (double *)scratch;
  float *step = scratch + 2 * c.B, *delta = step + c.B * ld; // (N, ld), each row shifted to a maximum of 0
  Step s = before_first(rows, T, 0, 0);
  while (next(&s, rows, T, 0))
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
      for (int k = 0; k < ld; k += LANES) top = max_(load(to + k) + load(reached + k), top);
      float max = max_lanes(top);
      const int free = IS_NEVER(max);
      if (free) max = max_row(to, ld);
      for (int k = 0; k < ld; k += LANES) {
        const V y = free ? load(to + k) : load(to + k) + load(reached + k);
        store(to + k, choose(IS_NEVER(y), splat(NEVER), y - max));
      }
      total[b] += max;
    }
  s = before_first(rows, T, 1, 0);
  while (next(&s, rows, T, 1))
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
