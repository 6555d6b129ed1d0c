// Matrix products in bfloat16 with sums in binary32, for processors with matrix units (AMX). Factors keep 8 significant
// bits, and products are many times faster. This file replaces pack_ and gemm_ in all layers except the CRF, whose sums
// over paths stay in binary32.
//
// A tile has 16 rows of 64 bytes. B (K, N) is packed into tiles of 32 x 16 numbers: all tiles along K, then the next 16
// columns. Row p of a tile holds the numbers 2p and 2p + 1 of each of its 16 columns. Missing numbers are 0.
#pragma once
#include "vector.h"

#define EDGE 16  // rows of a tile, and columns of a result
#define DEEP 32  // numbers along K in a tile
#define CHUNK 16 // tiles of A along K that are converted together
typedef long long Line __attribute__((vector_size(64), aligned(4), may_alias)); // unaligned
typedef struct {
  Line rows[EDGE];
} Tile;

INLINE __mmask16 first(int n) { return n >= 16 ? 0xffff : n <= 0 ? 0 : (1u << n) - 1; }
// The 32 numbers at p in bfloat16; from number n on they are 0.
INLINE __m512i line(const float *p, int n) {
  return (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(first(n - 16), p + 16), _mm512_maskz_loadu_ps(first(n), p));
}
// The pairs (p[i], q[i]) for i < 16; 0 from i = n on. q counts as 0 unless `both`.
INLINE __m512i pairs(const float *p, const float *q, int n, int both) {
  const __m512i half =
      (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(first(both ? n : 0), q), _mm512_maskz_loadu_ps(first(n), p));
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, half);
}
// Transposes 16 x 16 words of 32 bits: first words, then pairs of words, then quarters of registers.
INLINE void transpose(Tile *tile) {
  __m512i a[EDGE], b[EDGE];
#pragma GCC unroll 16
  for (int i = 0; i < EDGE; i += 2) {
    a[i] = _mm512_unpacklo_epi32(tile->rows[i], tile->rows[i + 1]);
    a[i + 1] = _mm512_unpackhi_epi32(tile->rows[i], tile->rows[i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < EDGE; i += 4) {
    b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
    b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
    b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
    b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; i++) {
    a[i] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0x88);
    a[i + 4] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0xdd);
    a[i + 8] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0x88);
    a[i + 12] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0xdd);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; i++) {
    tile->rows[i] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0x88);
    tile->rows[i + 8] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0xdd);
    tile->rows[i + 4] = _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0x88);
    tile->rows[i + 12] = _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0xdd);
  }
}
// Two ways to fill a tile, each the transpose of the other: from `rows` lines of `deep` numbers; and from `deep` lines
// of `rows` numbers, two neighbouring lines at a time. Lines are `ld` floats apart.
INLINE void from_lines(Tile *tile, const float *from, long ld, int rows, int deep) {
  for (int r = 0; r < EDGE; r++) tile->rows[r] = r < rows ? line(from + r * ld, deep) : _mm512_setzero_si512();
}
INLINE void from_pairs(Tile *tile, const float *from, long ld, int rows, int deep) {
  for (int p = 0; p < EDGE; p++, from += 2 * ld)
    tile->rows[p] = 2 * p < deep ? pairs(from, from + ld, rows, 2 * p + 1 < deep) : _mm512_setzero_si512();
}

static void pack_product(float *packed, const float *b, int K, int N, long row_stride, long column_stride) {
  Tile *to = (Tile *)packed;
  for (int n = 0; n < N; n += EDGE)
    for (int k = 0; k < K; k += DEEP, to++) {
      const float *from = b + k * row_stride + n * column_stride;
      const int columns = N - n, deep = K - k;
      if (column_stride == 1) from_pairs(to, from, row_stride, columns, deep);
      else from_lines(to, from, column_stride, columns, deep), transpose(to);
    }
}

// The tile registers: 0 1 / 2 3 hold four neighbouring results; 4 / 5 hold the rows of A for the upper and lower
// results; 6 7 hold the columns of B for the left and right results. A register has as many rows as exist, but at least
// 1.
static void configure(int above, int below) {
  struct {
    uint8_t palette, start, unused[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } to = {.palette = 1};
  for (int t = 0; t < 8; t++) {
    to.bytes[t] = 64;
    to.rows[t] = t >= 6 ? EDGE : t == 0 || t == 1 || t == 4 ? above : below > 0 ? below : 1;
  }
  _tile_loadconfig(&to);
}

// A result tile of C. The tile registers load and store it at `at`: in C, or in `spare` if C has fewer columns there or
// a bias is to be added.
typedef struct {
  float *c, *at;
  long ld;
  int rows, columns, zero;
  float spare[EDGE * EDGE];
} Corner;
static void begin(Corner *to, float *c, const float *bias, int rows, int columns, int ldc, int accumulate) {
  const int inside = columns >= EDGE && !bias;
  to->c = c, to->at = inside ? c : to->spare, to->ld = inside ? ldc : EDGE;
  to->rows = rows, to->columns = columns, to->zero = !accumulate && !bias;
  if (inside || to->zero) return;
  const __mmask16 there = first(columns);
  const V add = bias ? (V)_mm512_maskz_loadu_ps(there, bias) : (V){0};
  for (int r = 0; r < rows; r++)
    store(to->spare + r * EDGE, accumulate ? add + (V)_mm512_maskz_loadu_ps(there, c + (long)r * ldc) : add);
}
static void end(const Corner *from, int ldc) {
  if (from->at == from->c) return;
  for (int r = 0; r < from->rows; r++)
    _mm512_mask_storeu_ps(from->c + (long)r * ldc, first(from->columns), (__m512)load(from->spare + r * EDGE));
}
// GCC does not know that tile loads read memory: this barrier keeps earlier writes before them.
#define WRITTEN __asm__ volatile("" ::: "memory")
#define TILE_BEGIN(t)                                                                                                  \
  {                                                                                                                    \
    if (corner[t].zero) _tile_zero(t);                                                                                 \
    else _tile_loadd(t, corner[t].at, corner[t].ld * 4);                                                               \
  }
#define TILE_END(t)                                                                                                    \
  {                                                                                                                    \
    _tile_stored(t, corner[t].at, corner[t].ld * 4);                                                                   \
    end(corner + t, ldc);                                                                                              \
  }
#define EACH_TILE(what)                                                                                                \
  what(0) if (right) what(1) if (below > 0) { what(2) if (right) what(3) }

// As gemm_. The order of the sum of an element of C does not depend on the number of rows.
static __attribute__((noinline)) void product(float *c, const float *a, const float *packed, const float *bias, int M,
                                              int N, int K, int row_stride, int column_stride, int ldc,
                                              int accumulate) {
  Tile lines[2][CHUNK];
  Corner corner[4];
  const int all = (K + DEEP - 1) / DEEP;
  for (int m = 0; m < M; m += 2 * EDGE) {
    const int above = M - m < EDGE ? M - m : EDGE, below = M - m - EDGE < EDGE ? M - m - EDGE : EDGE;
    if (m == 0 || below < EDGE) configure(above, below);
    for (int k = 0; k == 0 || k < all; k += CHUNK) {
      const int count = all - k < CHUNK ? all - k : CHUNK, more = accumulate || k > 0;
      for (int half = 0; half < (below > 0 ? 2 : 1); half++)
        for (int t = 0; t < count; t++) {
          const float *from = a + (m + half * EDGE) * (long)row_stride + (k + t) * (long)DEEP * column_stride;
          const int rows = half ? below : above, deep = K - (k + t) * DEEP;
          if (column_stride == 1) from_lines(&lines[half][t], from, row_stride, rows, deep);
          else from_pairs(&lines[half][t], from, column_stride, rows, deep), transpose(&lines[half][t]);
        }
      for (int n = 0; n < N; n += 2 * EDGE) {
        const int right = n + EDGE < N;
        const Tile *b = (const Tile *)packed + (long)(n / EDGE) * all + k;
        for (int t = 0; t < 4; t++)
          if ((t < 2 || below > 0) && (t % 2 == 0 || right)) {
            const int at = n + t % 2 * EDGE;
            begin(corner + t, c + (long)(m + t / 2 * EDGE) * ldc + at, bias && k == 0 ? bias + at : 0,
                  t < 2 ? above : below, N - at, ldc, more);
          }
        WRITTEN;
        EACH_TILE(TILE_BEGIN)
        for (int t = 0; t < count; t++) {
          _tile_loadd(4, lines[0] + t, 64);
          _tile_loadd(6, b + t, 64);
          _tile_dpbf16ps(0, 4, 6);
          if (right) {
            _tile_loadd(7, b + all + t, 64);
            _tile_dpbf16ps(1, 4, 7);
          }
          if (below > 0) {
            _tile_loadd(5, lines[1] + t, 64);
            _tile_dpbf16ps(2, 5, 6);
            if (right) _tile_dpbf16ps(3, 5, 7);
          }
        }
        EACH_TILE(TILE_END)
      }
    }
  }
  _tile_release();
}
