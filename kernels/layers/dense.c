// Dense layers: y = tanh(x W + b). The product is a GEMM.
#include "../elementary.h"
#include "../gemm.h"

// Columns of a panel. gemm_pack writes K floats for each column of B (K, N), with N rounded up to a multiple of it.
int EXPORT(panel_width)(void) { return PANEL; }

// packed <- B (K, N), element (k, n) at b[k * row_stride + n * column_stride]; one of the strides is 1. Overwrites
// `packed`. No aliasing.
void EXPORT(gemm_pack)(float *restrict packed, const float *restrict b, int K, int N, int row_stride,
                       int column_stride) {
  pack_product(packed, b, K, N, row_stride, column_stride);
}

// C = A B + bias, or C += A B + bias if `accumulate` is not 0. C (M, N) row-major, rows `ldc` floats apart; A (M, K),
// element (m, k) at a[m * row_stride + k * column_stride], where one stride is 1; `packed`: B (K, N) from gemm_pack;
// bias (N) or 0. C aliases nothing.
void EXPORT(gemm)(float *restrict c, const float *restrict a, const float *restrict packed, const float *restrict bias,
                  int M, int N, int K, int row_stride, int column_stride, int ldc, int accumulate) {
  product(c, a, packed, bias, M, N, K, row_stride, column_stride, ldc, accumulate);
}

// sums[n] += sum_m x[m, n]: the gradient of a bias. x (M, N) row-major, rows `ld` floats apart. No aliasing.
void EXPORT(column_sums)(float *restrict sums, const float *restrict x, int M, int N, int ld) {
  for (int m = 0; m < M; m++, x += ld)
    for (int n = 0; n < N; n++) sums[n] += x[n];
}

// x = tanh(x), x (n), in place. Backward needs only the result.
void EXPORT(tanh_forward)(float *restrict x, int n) {
  for (int i = 0; i < n; i += LANES) {
    const int m = n - i < LANES ? n - i : LANES;
    store_n(x + i, tanh_(load_n(x + i, m)), m);
  }
}

// dx = dx (1 - y^2), in place: the gradient of the input from that of the output. dx, y (n); y is the output of
// tanh_forward.
void EXPORT(tanh_backward)(float *restrict dx, const float *restrict y, int n) {
  for (int i = 0; i < n; i++) dx[i] *= 1.f - y[i] * y[i];
}
