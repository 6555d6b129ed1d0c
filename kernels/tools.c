// Kernels outside the network's layers.
#include "vector.h"

INLINE V widened(VI h) {
  const VI magnitude = (h & 0x7fff) << 13;
  const VI number = (VI)((V)magnitude * splat(0x1p112f)); // exact, also for subnormal numbers
  const VI not_finite = (h & 0x7c00) == 0x7c00;
  return (V)((not_finite & (magnitude | 0x7f800000)) | (~not_finite & number) | (h & 0x8000) << 16);
}

// x (n) in binary32 <- the n numbers in binary16 that fill the second half of x's memory. In place.
void EXPORT(widen_halves)(float *x, int n) {
  typedef uint16_t H __attribute__((may_alias));
  typedef uint16_t HV __attribute__((vector_size(2 * LANES), aligned(2), may_alias));
  const H *halves = (const H *)x + n;
  int i = 0; // writes never overtake the numbers that are still to be read
  for (; i + LANES <= n; i += LANES) store(x + i, widened(__builtin_convertvector(*(const HV *)(halves + i), VI)));
  for (; i < n; i++) x[i] = widened((VI){halves[i]})[0];
}

// Peak speed of this processor, for benchmarks: n rounds of 12 independent multiply-adds of vectors in registers: 24
// LANES n operations. out (LANES) in and out.
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
