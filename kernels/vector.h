// Vectors of LANES floats, and the names of the exported kernels.
#pragma once
#include <stdint.h>
#ifdef __AVX__
#include <immintrin.h>
#endif

// EXPORT(name) is the name of a kernel: an export in WebAssembly; with a suffix in the addon, which holds several
// instruction-set levels.
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
typedef float VU __attribute__((vector_size(4 * LANES), aligned(4), may_alias)); // unaligned V

INLINE V load(const float *p) { return *(const VU *)p; }
INLINE void store(float *p, V x) { *(VU *)p = x; }
INLINE V splat(float x) { return x - (V){0}; } // x + 0 would change -0 to 0, so compilers would keep the addition

// Loads and stores of the first n <= LANES floats at p. load_n fills the other lanes with 0. AVX-512 uses masks: a
// branch would be slower, and a call would spill registers.
#if LANES == 16 && defined __AVX512F__
INLINE V load_n(const float *p, int n) { return (V)_mm512_maskz_loadu_ps((1u << n) - 1, p); }
INLINE void store_n(float *p, V x, int n) { _mm512_mask_storeu_ps(p, (1u << n) - 1, (__m512)x); }
#else
// Not inlined: incomplete vectors are rare, and this code would be the largest part of every kernel.
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

// mask ? a : b in every lane; masks are the results of comparisons.
INLINE V choose(VI mask, V a, V b) { return (V)((mask & (VI)a) | (~mask & (VI)b)); }
// Maximum and minimum; y where a lane of x or y is NaN. GCC uses the single instruction only for these intrinsics.
// Comparisons instead would take a third of the time of an LSTM's gates.
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

// Loops over blocks of 0..n: `count` floats at index `at`. The last block overlaps the previous one, so that all blocks
// are complete if n >= LANES. Outputs must not alias inputs.
#define EACH_BLOCK(at, count, n)                                                                                       \
  for (int at = 0, count = (n) < LANES ? (n) : LANES, end_ = (n); at < end_;                                           \
       at = at + LANES < end_ && at + 2 * LANES > end_ ? end_ - LANES : at + LANES)
