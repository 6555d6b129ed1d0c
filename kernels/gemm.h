// Matrix products in binary32: C = A B (+ bias), or C += A B.
//
// B is packed into panels of PANEL columns. The rows of a panel are contiguous, and the last panel is padded with
// zeros. A is not packed: element (i, k) is a[i * row_stride + k * column_stride], and one of the strides is 1. With
// any tiling, every element of C is one sum over k in ascending order, so that a row of C does not depend on the other
// rows.
#pragma once
#include "vector.h"

#define PANEL (TILE_VECTORS * LANES)

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
    } else { // B is transposed: reads columns, 16 rows at a time, so that the output stays in the cache
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

// One register tile: `rows` x `vectors` of C. The last vector has `last` columns. `rows` and `vectors` are constants at
// every call, so that the sums stay in registers.
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

// More rows than TILE_ROWS never occur. Their cases call a tile of 1 row, so that they compile.
#define TILE_CASE(r, v)                                                                                                \
  case r:                                                                                                              \
    gemm_tile(c, a, panel, bias, r <= TILE_ROWS ? r : 1, v, last, K, row_stride, column_stride, ldc, accumulate);      \
    break;
#define TILE_ROW_SWITCH(v)                                                                                             \
  switch (rows) {                                                                                                      \
    TILE_CASE(1, v)                                                                                                    \
    TILE_CASE(2, v) TILE_CASE(3, v) TILE_CASE(4, v) TILE_CASE(5, v) TILE_CASE(6, v) TILE_CASE(7, v) TILE_CASE(8, v)    \
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

// C (M, N; ldc) = A B + bias, or C += A B + bias if `accumulate`. A (M, K); bias (N) or 0. C aliases nothing.
static __attribute__((noinline)) void gemm_(float *c, const float *a, const float *packed, const float *bias, int M,
                                            int N, int K, int row_stride, int column_stride, int ldc, int accumulate) {
  // Two copies of the loops: if one stride is the constant 1, the inner loop needs no multiplications of indices.
  if (column_stride == 1) gemm_strided(c, a, packed, bias, M, N, K, row_stride, 1, ldc, accumulate);
  else gemm_strided(c, a, packed, bias, M, N, K, 1, column_stride, ldc, accumulate);
}

// The products of the network's layers: as above, or in bfloat16 in that build.
#ifdef BFLOAT16
#include "bfloat16.h"
#else
#define pack_product pack_
#define product gemm_
#endif
