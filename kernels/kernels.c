// The numeric core of seqtag: one source for WebAssembly SIMD, SSE2, AVX2, AVX-512 and NEON.
//
// No libc, no allocation, no globals. The build chooses with -D: LANES (floats a vector), TILE_ROWS x TILE_VECTORS (the
// GEMM register tile: as many accumulators as the register file holds beside TILE_VECTORS + 1 operands), and SUFFIX,
// which keeps the instruction-set levels of one binary apart. Matrices are row-major; `ld` is the distance in floats
// from one row to the next. Kernels cannot fail: TypeScript checks sizes once, before a step.
//
// Packed batch: sentences sorted by falling length; rows[t] sentences have a token t; the row of token t of sentence b
// is (rows[0] + ... + rows[t-1]) + b, so that step t of a recurrence touches one contiguous block of live rows.
#include "kernels.h"
#ifdef __AVX__
#include <immintrin.h>
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#ifdef SUFFIX
#define EXPORT(name) JOIN(name, SUFFIX)
#else
#define EXPORT(name) __attribute__((export_name(#name))) name
#endif
#define INLINE static inline __attribute__((always_inline))

typedef float V __attribute__((vector_size(4 * LANES)));
typedef int32_t VI __attribute__((vector_size(4 * LANES)));
typedef float VU __attribute__((vector_size(4 * LANES), aligned(4), may_alias)); // the same, anywhere in memory

INLINE V load(const float *p) { return *(const VU *)p; }
INLINE void store(float *p, V x) { *(VU *)p = x; }
INLINE V splat(float x) { return x - (V){0}; } // x + 0 is not the identity for -0, so compilers keep that addition

// n <= LANES values, the rest 0. With AVX-512 by a mask: a branch costs more, and a call would spill what registers hold.
#if LANES == 16 && defined __AVX512F__
INLINE V load_n(const float *p, int n) { return (V)_mm512_maskz_loadu_ps((1u << n) - 1, p); }
INLINE void store_n(float *p, V x, int n) { _mm512_mask_storeu_ps(p, (1u << n) - 1, (__m512)x); }
#else
// A part is loaded apart, since blocks are nearly always whole: inlined it would be most of the code.
static __attribute__((noinline)) V load_part(const float *p, int n) {
  V x = {0};
  for (int i = 0; i < n; i++) x[i] = p[i];
  return x;
}
static __attribute__((noinline)) void store_part(float *p, V x, int n) {
  for (int i = 0; i < n; i++) p[i] = x[i];
}
INLINE V load_n(const float *p, int n) { return n == LANES ? load(p) : load_part(p, n); }
INLINE void store_n(float *p, V x, int n) {
  if (n == LANES) store(p, x);
  else store_part(p, x, n);
}
#endif
INLINE V choose(VI mask, V a, V b) { return (V)((mask & (VI)a) | (~mask & (VI)b)); }
// The larger and the smaller of each pair; of NaN, y. One instruction each, which GCC finds only by name: of the time of
// an LSTM's gates, comparing and choosing takes a third.
#if LANES == 16 && defined __AVX512F__
INLINE V larger(V x, V y) { return (V)_mm512_max_ps((__m512)x, (__m512)y); }
INLINE V smaller(V x, V y) { return (V)_mm512_min_ps((__m512)x, (__m512)y); }
#elif LANES == 8 && defined __AVX__
INLINE V larger(V x, V y) { return (V)_mm256_max_ps((__m256)x, (__m256)y); }
INLINE V smaller(V x, V y) { return (V)_mm256_min_ps((__m256)x, (__m256)y); }
#else
INLINE V larger(V x, V y) { return choose(x > y, x, y); }
INLINE V smaller(V x, V y) { return choose(x < y, x, y); }
#endif

// For each block of LANES of 0..n: `at` and `count`. The last block is moved back to overlap the one before, so it is
// whole too; only sound where outputs do not alias inputs.
#define EACH_BLOCK(at, count, n)                                                                                       \
  for (int at = 0, count = (n) < LANES ? (n) : LANES, end_ = (n); at < end_;                                           \
       at = at + LANES < end_ && at + 2 * LANES > end_ ? end_ - LANES : at + LANES)

// ---------------------------------------------------------------------------------------------------------------------
// Elementary functions. NaN stays NaN.

// x = n ln 2 + r with n an integer and |r| <= ln 2 / 2. Clamps x to [-87, 88], so that 2^n is a normal number.
typedef struct {
  V power, r; // 2^n, r
} Reduced;
INLINE Reduced reduce(V x) {
  const V low = splat(-87.f), high = splat(88.f), magic = splat(12582912.f); // 1.5 * 2^23 rounds to an integer
  x = smaller(high, larger(low, x));
  V n = x * 1.44269504f + magic;
  const VI exponent = ((VI)n - 0x4B400000 + 127) << 23;
  n -= magic;
  return (Reduced){(V)exponent, x - n * 0.693145752f - n * 1.42860677e-6f};
}
// e^x = 2^n e^r, by the Taylor polynomial of degree 6: at most 4 ulp for x in [-87, 88].
INLINE V exp_(V x) {
  const Reduced y = reduce(x);
  V p = splat(1.38888889e-3f);
  p = p * y.r + 8.33333333e-3f;
  p = p * y.r + 4.16666667e-2f;
  p = p * y.r + 1.66666667e-1f;
  p = p * y.r + 0.5f;
  p = p * y.r + 1.f;
  p = p * y.r + 1.f;
  return p * y.power;
}
// At most 4 ulp for x >= -87; about 1e-38 for smaller x.
INLINE V sigmoid_(V x) { return 1.f / (1.f + exp_(-x)); }
// tanh x = e / (e + 2) with e = e^2x - 1 = 2^n (e^r - 1) + (2^n - 1), which cancels nothing: at most 4 ulp for every x.
// e^r - 1 = r + r^2 / 2 + ... is the polynomial of degree 6 of least relative error (1.4e-8) with these first two terms.
INLINE V tanh_(V x) {
  const Reduced y = reduce(2.f * x);
  V p = splat(1.38982013e-3f);
  p = p * y.r + 8.36611446e-3f;
  p = p * y.r + 4.16668542e-2f;
  p = p * y.r + 1.6666548e-1f;
  p = p * y.r + 0.5f;
  p = p * y.r + 1.f;
  const V e = p * y.r * y.power + (y.power - 1.f);
  return e / (e + 2.f);
}

// ln x, x > 0, normal and finite: x = 2^n m with m in [1, 2), ln m = 2 atanh((m - 1) / (m + 1)) as a series (absolute error
// 1e-8).
INLINE double log_(double x) {
  const union {
    double value;
    uint64_t bits;
  } from = {x}, m = {.bits = (from.bits & 0x000fffffffffffffu) | 0x3ff0000000000000u};
  const double n = (double)((int)(from.bits >> 52) - 1023), s = (m.value - 1) / (m.value + 1), q = s * s;
  double sum = 0;
  for (int k = 15; k > 0; k -= 2) sum = sum * q + 1.0 / k;
  return x == x ? n * 0.693147180559945309 + 2 * s * sum : x;
}

// ---------------------------------------------------------------------------------------------------------------------
// GEMM: C = A B (+ bias) or C += A B, B packed.
//
// B is packed into panels of TILE_VECTORS * LANES columns, row after row, zero-padded in the last panel. A is read as it
// lies: element (i, k) at a[i * row_stride + k * column_stride], one of the strides 1. Each element of C is one sum over
// k in rising order, whatever the tiling, so a row's result does not depend on how many rows stand beside it.

#define PANEL (TILE_VECTORS * LANES)

// Columns of a panel: gemm_pack writes K floats for each column of B (K, N), N rounded up to whole panels.
int EXPORT(panel_width)(void) { return PANEL; }

// packed <- B (K, N), element (k, n) at b[k * row_stride + n * column_stride].
static void pack_(float *restrict packed, const float *restrict b, int K, int N, int row_stride, int column_stride) {
  for (int n0 = 0; n0 < N; n0 += PANEL) {
    const int width = N - n0 < PANEL ? N - n0 : PANEL;
    const float *from = b + (long)n0 * column_stride;
    if (column_stride == 1) {
      for (int k = 0; k < K; k++, packed += PANEL, from += row_stride) {
        int n = 0;
        for (; n + LANES <= width; n += LANES) store(packed + n, load(from + n));
        for (; n < width; n++) packed[n] = from[n];
        for (; n < PANEL; n++) packed[n] = 0.f;
      }
    } else { // down the columns of a transposed B, so that reads are contiguous, a few rows at a time, which stay in the cache
      for (int k0 = 0; k0 < K; k0 += 16) {
        const int end = K - k0 < 16 ? K : k0 + 16;
        for (int n = 0; n < width; n++)
          for (int k = k0; k < end; k++) packed[k * PANEL + n] = from[(long)k * row_stride + (long)n * column_stride];
        for (int n = width; n < PANEL; n++)
          for (int k = k0; k < end; k++) packed[k * PANEL + n] = 0.f;
      }
      packed += (long)K * PANEL;
    }
  }
}

// One register tile: `rows` x `vectors` of C, the last vector with `last` columns. Both counts are compile-time constants
// at every call, so the accumulators live in registers.
INLINE void gemm_tile(float *c, const float *a, const float *panel, const float *bias, const int rows,
                      const int vectors, int last, int K, long row_stride, long column_stride, int ldc,
                      int accumulate) {
  V sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < vectors; v++) sum[r][v] = (V){0};
  for (int k = 0; k < K; k++, panel += PANEL, a += column_stride) {
    V b[TILE_VECTORS];
#pragma GCC unroll 16
    for (int v = 0; v < vectors; v++) b[v] = load(panel + v * LANES);
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      const V x = splat(a[r * row_stride]);
#pragma GCC unroll 16
      for (int v = 0; v < vectors; v++) sum[r][v] += x * b[v];
    }
  }
#pragma GCC unroll 16
  for (int v = 0; v < vectors; v++) {
    const int n = v == vectors - 1 ? last : LANES;
    const V add = bias ? load_n(bias + v * LANES, n) : (V){0};
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      float *to = c + (long)r * ldc + v * LANES;
      V y = sum[r][v] + add;
      if (accumulate) y += load_n(to, n);
      store_n(to, y, n);
    }
  }
}

// A case that this build's tile cannot have falls to a one-row tile that the switch never reaches.
#define TILE_CASE(r, v)                                                                                                \
  case r:                                                                                                              \
    gemm_tile(c, a, panel, bias, r <= TILE_ROWS ? r : 1, v, last, K, row_stride, column_stride, ldc, accumulate);      \
    break;
#define TILE_ROW_SWITCH(v)                                                                                             \
  switch (rows) {                                                                                                      \
    TILE_CASE(1, v) TILE_CASE(2, v) TILE_CASE(3, v) TILE_CASE(4, v)                                                    \
    TILE_CASE(5, v) TILE_CASE(6, v) TILE_CASE(7, v) TILE_CASE(8, v)                                                    \
  }

INLINE void gemm_block(float *c, const float *a, const float *panel, const float *bias, int rows, int vectors, int last,
                       int K, long row_stride, long column_stride, int ldc, int accumulate) {
  if (vectors == TILE_VECTORS) {
    TILE_ROW_SWITCH(TILE_VECTORS)
  } else if (TILE_VECTORS > 3 && vectors == 3) {
    TILE_ROW_SWITCH(TILE_VECTORS > 3 ? 3 : 1)
  } else if (TILE_VECTORS > 2 && vectors == 2) {
    TILE_ROW_SWITCH(TILE_VECTORS > 2 ? 2 : 1)
  } else {
    TILE_ROW_SWITCH(1)
  }
}

INLINE void gemm_strided(float *c, const float *a, const float *packed, const float *bias, int M, int N, int K,
                         long row_stride, long column_stride, int ldc, int accumulate) {
  for (int n0 = 0; n0 < N; n0 += PANEL, packed += (long)K * PANEL) {
    const int width = N - n0 < PANEL ? N - n0 : PANEL;
    const int vectors = (width + LANES - 1) / LANES, last = width - (vectors - 1) * LANES;
    for (int m = 0; m < M; m += TILE_ROWS)
      gemm_block(c + (long)m * ldc + n0, a + m * row_stride, packed, bias ? bias + n0 : 0,
                 M - m < TILE_ROWS ? M - m : TILE_ROWS, vectors, last, K, row_stride, column_stride, ldc, accumulate);
  }
}

// C (M, N; ldc) = A B + bias, or C += A B + bias when `accumulate`. A (M, K) with one stride 1, `packed` from gemm_pack,
// bias (N) or 0. C aliases nothing.
static __attribute__((noinline)) void gemm_(float *c, const float *a, const float *packed, const float *bias, int M, int N, int K, int row_stride,
                  int column_stride, int ldc, int accumulate) {
  // Two copies of the loops, each with one stride known, leave the inner loop free of multiplications.
  if (column_stride == 1) gemm_strided(c, a, packed, bias, M, N, K, row_stride, 1, ldc, accumulate);
  else gemm_strided(c, a, packed, bias, M, N, K, 1, column_stride, ldc, accumulate);
}

// The products of a network: as above, or where the build says so, in bfloat16.
#ifdef BFLOAT16
#include "bfloat16.h"
#else
#define pack_product pack_
#define product gemm_
#endif
void EXPORT(gemm_pack)(float *restrict packed, const float *restrict b, int K, int N, int row_stride,
                       int column_stride) {
  pack_product(packed, b, K, N, row_stride, column_stride);
}
void EXPORT(gemm)(float *restrict c, const float *restrict a, const float *restrict packed,
                  const float *restrict bias, int M, int N, int K, int row_stride, int column_stride, int ldc,
                  int accumulate) {
  product(c, a, packed, bias, M, N, K, row_stride, column_stride, ldc, accumulate);
}

// sums (N) += the sum of the rows of x (M, N; ld).
void EXPORT(column_sums)(float *restrict sums, const float *restrict x, int M, int N, int ld) {
  for (int m = 0; m < M; m++, x += ld)
    for (int n = 0; n < N; n++) sums[n] += x[n];
}

// ---------------------------------------------------------------------------------------------------------------------
#include "recurrence.h"

// ---------------------------------------------------------------------------------------------------------------------
// Around the recurrences: where two directions meet, and what joins one layer to the next.

// out (N, H) = f + b, (f + b) / 2 or f * b of h (N, 2H) = [f b], by `how` 0, 1 or 2.
void EXPORT(merge_forward)(float *restrict out, const float *restrict h, int N, int H, int how) {
  const float scale = how == 1 ? 0.5f : 1.f;
  for (int r = 0; r < N; r++, out += H, h += 2 * H)
    if (how == 2) for (int j = 0; j < H; j++) out[j] = h[j] * h[H + j];
    else for (int j = 0; j < H; j++) out[j] = scale * (h[j] + h[H + j]);
}
// dh (N, 2H) from dout (N, H).
void EXPORT(merge_backward)(float *restrict dh, const float *restrict dout, const float *restrict h, int N, int H,
                            int how) {
  const float scale = how == 1 ? 0.5f : 1.f;
  for (int r = 0; r < N; r++, dout += H, dh += 2 * H, h += 2 * H)
    if (how == 2) for (int j = 0; j < H; j++) dh[j] = dout[j] * h[H + j], dh[H + j] = dout[j] * h[j];
    else for (int j = 0; j < H; j++) dh[j] = dh[H + j] = scale * dout[j];
}

// x (n) += y.
void EXPORT(add)(float *restrict x, const float *restrict y, int n) {
  for (int i = 0; i < n; i++) x[i] += y[i];
}

// Highway (Srivastava et al. 2015): out (n) = t y + (1 - t) x. `t` holds pre-activations and becomes their logistic.
void EXPORT(highway_forward)(float *restrict out, float *restrict t, const float *restrict y, const float *restrict x,
                             int n) {
  for (int i = 0; i < n; i += LANES) {
    const int m = n - i < LANES ? n - i : LANES;
    const V gate = sigmoid_(load_n(t + i, m)), keep = load_n(x + i, m);
    store_n(t + i, gate, m);
    store_n(out + i, keep + gate * (load_n(y + i, m) - keep), m);
  }
}
// dt (n; of the pre-activation), dy and dx from dout. dx may be dout.
void EXPORT(highway_backward)(float *restrict dt, float *restrict dy, float *dx, const float *dout,
                              const float *restrict t, const float *restrict y, const float *restrict x, int n) {
  for (int i = 0; i < n; i++) {
    const float d = dout[i];
    dt[i] = d * (y[i] - x[i]) * t[i] * (1.f - t[i]);
    dy[i] = d * t[i];
    dx[i] = d * (1.f - t[i]);
  }
}

// x (n) = tanh(x), and dx *= 1 - y^2 where y is that.
void EXPORT(tanh_forward)(float *restrict x, int n) {
  for (int i = 0; i < n; i += LANES) {
    const int m = n - i < LANES ? n - i : LANES;
    store_n(x + i, tanh_(load_n(x + i, m)), m);
  }
}
void EXPORT(tanh_backward)(float *restrict dx, const float *restrict y, int n) {
  for (int i = 0; i < n; i++) dx[i] *= 1.f - y[i] * y[i];
}

// ---------------------------------------------------------------------------------------------------------------------
// Rows: embeddings and tables.

// out (n, D; ldo)[r] = table (., D)[ids[r]].
void EXPORT(rows_gather)(float *restrict out, const float *restrict table, const int *restrict ids, int n, int D,
                         int ldo) {
  for (int r = 0; r < n; r++) {
    const float *from = table + (long)ids[r] * D;
    float *to = out + (long)r * ldo;
    for (int j = 0; j < D; j++) to[j] = from[j];
  }
}

// table (., D)[ids[r]] += in (n, D; ldi)[r], r in rising order.
void EXPORT(rows_scatter_add)(float *restrict table, const float *restrict in, const int *restrict ids, int n, int D,
                              int ldi) {
  for (int r = 0; r < n; r++) {
    float *to = table + (long)ids[r] * D;
    const float *from = in + (long)r * ldi;
    for (int j = 0; j < D; j++) to[j] += from[j];
  }
}

// out (n, D)[s] = the sum of in (., D; ldi)[members[m]] over offsets[s] <= m < offsets[s + 1].
void EXPORT(segment_sum)(float *restrict out, const float *restrict in, const int *restrict offsets,
                         const int *restrict members, int n, int D, int ldi) {
  for (int s = 0; s < n; s++, out += D) {
    for (int j = 0; j < D; j++) out[j] = 0.f;
    for (int m = offsets[s]; m < offsets[s + 1]; m++) {
      const float *from = in + (long)members[m] * ldi;
      for (int j = 0; j < D; j++) out[j] += from[j];
    }
  }
}

// table (., D)[members[m]] += dout (n, D)[s] over the same segments: the backward of segment_sum.
void EXPORT(segment_scatter_add)(float *restrict table, const float *restrict dout, const int *restrict offsets,
                                 const int *restrict members, int n, int D) {
  for (int s = 0; s < n; s++, dout += D)
    for (int m = offsets[s]; m < offsets[s + 1]; m++) {
      float *to = table + (long)members[m] * D;
      for (int j = 0; j < D; j++) to[j] += dout[j];
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Characters: convolution of odd `width` over zero-padded characters, then max over positions (Ma & Hovy 2016, without
// the tanh). The embedding and the kernel meet in one table (C, width * F), table[c] = E[c] K, made by a GEMM once an
// update: the convolution at a position is then a sum of `width` table rows, and no character is multiplied twice.

// out (n, F; ldo)[w][f] = bias[f] + max_p sum_k table[chars[p + k - width/2]][k * F + f] over the characters
// offsets[w] <= p < offsets[w + 1] of word w (at least one). argmax (n, F) keeps p, the first of equals.
void EXPORT(char_conv_forward)(float *restrict out, int *restrict argmax, const float *restrict table,
                               const float *restrict bias, const int *restrict chars, const int *restrict offsets,
                               int n, int F, int width, int ldo) {
  for (int w = 0; w < n; w++) {
    const int begin = offsets[w], end = offsets[w + 1];
    EACH_BLOCK(f, count, F) {
      V best = splat(-3.4e38f);
      VI where = {0};
      for (int p = begin; p < end; p++) {
        V y = {0};
        for (int k = 0; k < width; k++) {
          const int q = p + k - width / 2;
          if (q >= begin && q < end) y += load_n(table + ((long)chars[q] * width + k) * F + f, count);
        }
        const VI better = (y > best) | (y != y); // NaN wins, to be seen
        best = choose(better, y, best);
        where = (better & ((VI){0} + p)) | (~better & where);
      }
      store_n(out + (long)w * ldo + f, best + load_n(bias + f, count), count);
      for (int j = 0; j < count; j++) argmax[(long)w * F + f + j] = where[j];
    }
  }
}

// dtable += and dbias += from dout (n, F; ldd): only the position that won gets a gradient.
void EXPORT(char_conv_backward)(float *restrict dtable, float *restrict dbias, const float *restrict dout,
                                const int *restrict argmax, const int *restrict chars, const int *restrict offsets,
                                int n, int F, int width, int ldd) {
  for (int w = 0; w < n; w++, dout += ldd, argmax += F)
    for (int f = 0; f < F; f++) {
      dbias[f] += dout[f];
      for (int k = 0; k < width; k++) {
        const int q = argmax[f] + k - width / 2;
        if (q >= offsets[w] && q < offsets[w + 1]) dtable[((long)chars[q] * width + k) * F + f] += dout[f];
      }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Dropout

// mask (n): 1 / keep with probability keep, else 0; element i depends on (seed, stream, i) alone, so the same masks come
// for any number of threads. The mixer is the finaliser of MurmurHash3 (Appleby 2011), twice.
INLINE uint32_t mix(uint32_t x) {
  x ^= x >> 16, x *= 0x85ebca6bu, x ^= x >> 13, x *= 0xc2b2ae35u, x ^= x >> 16;
  return x;
}
void EXPORT(dropout_mask)(float *restrict mask, int n, float keep, int seed, int stream) {
  const uint32_t key = mix((uint32_t)seed ^ mix((uint32_t)stream + 0x9e3779b9u));
  const uint32_t limit = (uint32_t)(keep * 16777216.f);
  const float scale = 1.f / keep;
  for (int i = 0; i < n; i++) mask[i] = (mix(mix((uint32_t)i + 0x9e3779b9u) ^ key) >> 8) < limit ? scale : 0.f;
}

// x (N, D; ld)[(t, b)] *= mask (rows[0], D)[b] at every step: one mask a sentence (variational dropout).
void EXPORT(dropout_apply)(float *restrict x, const float *restrict mask, const int *restrict rows, int T, int D,
                           int ld) {
  for (int t = 0; t < T; t++)
    for (int b = 0; b < rows[t]; b++, x += ld)
      for (int j = 0; j < D; j++) x[j] *= mask[(long)b * D + j];
}

// ---------------------------------------------------------------------------------------------------------------------
// Softmax

// What a row adds to the loss whose tag is one of a set S: -(1 - smoothing) log P - smoothing / |S| sum_{k in S} log p_k,
// P = sum_{k in S} p_k. dlogits (K), scale p at first, becomes its gradient, scale (p - q) with
// q_k = (1 - smoothing) p_k / P + smoothing / |S| in the set, 0 elsewhere. log p_k = z_k - top - log_sum.
static double softmax_set(float *restrict dlogits, const float *restrict z, const float *restrict set, int K, float top,
                          float log_sum, float scale, float smoothing) {
  int size = 0;
  float max = 0, sum = 0, logs = 0;
  for (int k = 0; k < K; k++) {
    if (set[k] == 0.f) continue;
    max = size++ == 0 || z[k] > max ? z[k] : max;
    logs += z[k] - top - log_sum;
  }
  for (int pass = 0; pass < 2; pass++) // exp twice, for want of space
    for (int k0 = 0; k0 < K; k0 += LANES) {
      const int n = K - k0 < LANES ? K - k0 : LANES;
      const V e = exp_(load_n(z + k0, n) - max);
      for (int j = 0; j < n; j++) {
        if (set[k0 + j] == 0.f) continue;
        if (pass == 0) sum += e[j];
        else dlogits[k0 + j] -= scale * ((1.f - smoothing) * e[j] / sum + smoothing / size);
      }
    }
  return (smoothing - 1.f) * (max - top - log_sum + log_(sum)) - smoothing / size * logs;
}

static float weighted_mean(const float *x, const float *weights, int K) {
  float sum = 0, all = 0;
  for (int k = 0; k < K; k++) sum += weights[k] * x[k], all += weights[k];
  return sum / all;
}

// loss[0] += scale * the sum over rows of the loss of what `gold` (N) tells of their tag, p = softmax(logits (N, K)):
// gold >= 0, that tag: -sum_k q_k log p_k, q the tag smoothed: 1 - smoothing + smoothing / K at gold, smoothing / K
// elsewhere; -2 - i, one of the tags of row i of `sets` (S, K; 0 or 1, at least one 1 a row): the negative logarithm of
// their probabilities' sum, smoothed within the set (see softmax_set); -1, and without sets (0) anything negative: no
// loss. With `weights` (K; 0 for none) a row counts weights[gold] times, or the mean weight of its set. dlogits (N, K) =
// the gradient, scale * (p - q), 0 in rows without loss.
void EXPORT(softmax_cross_entropy)(float *restrict loss, float *restrict dlogits, const float *restrict logits,
                                   const int *restrict gold, const float *restrict sets,
                                   const float *restrict weights, int N, int K, float scale, float smoothing) {
  const float rest = smoothing / K, peak = 1.f - smoothing + rest;
  double total = 0;
  for (int r = 0; r < N; r++, logits += K, dlogits += K) {
    if (gold[r] == -1 || (gold[r] < 0 && !sets)) {
      for (int k = 0; k < K; k++) dlogits[k] = 0.f;
      continue;
    }
    const float *set = gold[r] < 0 ? sets + (long)(-2 - gold[r]) * K : 0;
    const float weight = !weights ? 1.f : set ? weighted_mean(weights, set, K) : weights[gold[r]], share = scale * weight;
    float max = logits[0], sum = 0, mean = 0;
    for (int k = 1; k < K; k++) max = logits[k] > max ? logits[k] : max;
    for (int k0 = 0; k0 < K; k0 += LANES) {
      const int n = K - k0 < LANES ? K - k0 : LANES;
      const V e = exp_(load_n(logits + k0, n) - max);
      for (int j = 0; j < n; j++) dlogits[k0 + j] = e[j], sum += e[j], mean += logits[k0 + j] - max;
    }
    const float log_sum = (float)log_(sum), inverse = share / sum;
    for (int k = 0; k < K; k++) dlogits[k] *= inverse;
    if (set) {
      total += weight * softmax_set(dlogits, logits, set, K, max, log_sum, share, smoothing);
      continue;
    }
    total += weight * (log_sum - rest * mean - (peak - rest) * (logits[gold[r]] - max));
    for (int k = 0; k < K; k++) dlogits[k] -= share * rest;
    dlogits[gold[r]] -= share * (peak - rest);
  }
  loss[0] += scale * (float)total;
}

// out[r] = the first k with the greatest logits (N, K)[r][k].
void EXPORT(argmax)(int *restrict out, const float *restrict logits, int N, int K) {
  for (int r = 0; r < N; r++, logits += K) {
    int best = 0;
    for (int k = 1; k < K; k++) best = logits[k] > logits[best] ? k : best;
    out[r] = best;
  }
}

#include "crf.h"

// ---------------------------------------------------------------------------------------------------------------------
// Optimizers. `scale` multiplies every gradient (clipping by the global norm, Pascanu et al. 2013), and `limit` bounds
// each of its elements then (clipping by value; infinity: none). With `ids`, row r of g
// (n, D) belongs to row ids[r] of w and its state, and no other row is touched; without (0), to row r.

// out (n) = the sum of shards (S, n), in order; each shard is `stride` floats from the next. shards becomes 0.
void EXPORT(sum_shards)(float *restrict out, float *restrict shards, int S, int stride, int n) {
  for (int i = 0; i < n; i += LANES) {
    const int m = n - i < LANES ? n - i : LANES;
    V sum = {0};
    for (int s = 0; s < S; s++) {
      float *shard = shards + (long)s * stride + i;
      sum += load_n(shard, m);
      store_n(shard, (V){0}, m);
    }
    store_n(out + i, sum, m);
  }
}

// out[0] += the sum of x_i^2, out[1] = max(out[1], the greatest |x_i|); NaN shows in out[0].
void EXPORT(measure)(double *restrict out, const float *restrict x, int n) {
  double total = 0;
  V most = {0};
  for (int i = 0; i < n;) {
    V part = {0};
    for (int end = n - i < 64 * LANES ? n : i + 64 * LANES; i < end; i += LANES) {
      const V y = load_n(x + i, end - i < LANES ? end - i : LANES);
      part += y * y;
      most = larger(y, most);
      most = larger(-y, most);
    }
    for (int j = 0; j < LANES; j++) total += part[j];
    i = i > n ? n : i;
  }
  out[0] += total;
  for (int j = 0; j < LANES; j++) out[1] = most[j] > out[1] ? most[j] : out[1];
}

INLINE V widened(VI h) {
  const VI magnitude = (h & 0x7fff) << 13;
  const VI number = (VI)((V)magnitude * splat(0x1p112f)); // exact, also for subnormal ones
  const VI beyond = (h & 0x7c00) == 0x7c00;
  return (V)((beyond & (magnitude | 0x7f800000)) | (~beyond & number) | (h & 0x8000) << 16);
}

// x (n): its n numbers in binary16, which fill the last half of it, become binary32.
void EXPORT(widen_halves)(float *x, int n) {
  typedef uint16_t H __attribute__((may_alias));
  typedef uint16_t HV __attribute__((vector_size(2 * LANES), aligned(2), may_alias));
  const H *halves = (const H *)x + n;
  int i = 0; // what is written ends before what is still to be read
  for (; i + LANES <= n; i += LANES) store(x + i, widened(__builtin_convertvector(*(const HV *)(halves + i), VI)));
  for (; i < n; i++) x[i] = widened((VI){halves[i]})[0];
}

INLINE float clamp(float x, float limit) { return x > limit ? limit : x < -limit ? -limit : x; }

// SGD with momentum: v = momentum v + g, w -= rate (v + decay w).
void EXPORT(sgd)(float *restrict w, float *restrict v, const float *restrict g, const int *restrict ids, int n, int D,
                 float scale, float limit, float rate, float momentum, float decay) {
  for (int r = 0; r < n; r++, g += D) {
    const long at = (long)(ids ? ids[r] : r) * D;
    float *wr = w + at, *vr = v + at;
    for (int j = 0; j < D; j++) {
      vr[j] = momentum * vr[j] + clamp(scale * g[j], limit);
      wr[j] -= rate * (vr[j] + decay * wr[j]);
    }
  }
}

// Adam (Kingma & Ba 2015, Algorithm 1), decay decoupled as AdamW (Loshchilov & Hutter 2019). correct1 = 1 / (1 - b1^t),
// correct2 = 1 / (1 - b2^t) with t the global step.
void EXPORT(adam)(float *restrict w, float *restrict m, float *restrict v, const float *restrict g,
                  const int *restrict ids, int n, int D, float scale, float limit, float rate, float beta1, float beta2,
                  float epsilon, float correct1, float correct2, float decay) {
  for (int r = 0; r < n; r++, g += D) {
    const long at = (long)(ids ? ids[r] : r) * D;
    float *wr = w + at, *mr = m + at, *vr = v + at;
    for (int j = 0; j < D; j++) {
      const float gj = clamp(scale * g[j], limit);
      mr[j] = beta1 * mr[j] + (1.f - beta1) * gj;
      vr[j] = beta2 * vr[j] + (1.f - beta2) * gj * gj;
      wr[j] -= rate * (mr[j] * correct1 / (__builtin_sqrtf(vr[j] * correct2) + epsilon) + decay * wr[j]);
    }
  }
}

#include "skipgram.h"

// ---------------------------------------------------------------------------------------------------------------------
// The yardstick: `n` rounds of 12 independent register-resident multiply-adds of a vector; 24 * LANES * n operations.
void EXPORT(fma_peak)(float *restrict out, int n) {
  V sum[12];
  const V x = splat(out[0]), y = splat(out[1]);
#pragma GCC unroll 16
  for (int j = 0; j < 12; j++) sum[j] = splat((float)j);
  for (int i = 0; i < n; i++)
#pragma GCC unroll 16
    for (int j = 0; j < 12; j++) sum[j] = sum[j] * x + y;
#pragma GCC unroll 16
  for (int j = 1; j < 12; j++) sum[0] += sum[j];
  store(out, sum[0]);
}
