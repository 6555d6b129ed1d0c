// The parameters of a CRF, prepared once per update.
#pragma once
#include "../../elementary.h"
#include "../../gemm.h"

#define NEVER -1e30f // the score of forbidden tags and transitions; finite, to avoid NaN
#define IS_NEVER(x) ((x) < -1e29f)
#define SMALL 0x1p-76f // the smallest factor other than 0
#define ONE 0x1p104f   // a scaled row has its maximum in [ONE, 2 ONE)
#define LEAST (ONE * SMALL)

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

// The output of crf_pack. Rows are padded to `ld` floats, a multiple of LANES: scores with NEVER, factors with 0.
typedef struct {
  int K, ld;
  float *shift;                     // [0..2] the maxima of transitions, start, end
  float *start, *end;               // (ld) scores, NEVER if forbidden
  float *start_factor, *end_factor; // (ld) ONE exp(score - shift)
  float *scores, *transposed;       // (K, ld) transition scores, from the row's tag and to the row's tag
  float *factors;                   // (K, ld) exp(scores - shift)
  float *packed, *packed_t;         // factors and their transpose, packed
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

// scores (rows, ld) <- from (rows, K; 0 if `from` is 0), NEVER if forbidden. shift[0] <- their maximum. factors (rows,
// ld) <- scale max(exp(score - shift), least), or 0 for NEVER.
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
    const V factor = scale * larger(splat(least), exp_(score - shift[0]));
    store(factors + i, choose(IS_NEVER(score), (V){0}, factor));
  }
}
