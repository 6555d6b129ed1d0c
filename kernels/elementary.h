// Elementary functions. NaN stays NaN.
#pragma once
#include "vector.h"

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
// tanh x = e / (e + 2) with e = e^2x - 1 = 2^n (e^r - 1) + (2^n - 1), without cancellation: at most 4 ulp for every x.
// e^r - 1 = r + r^2 / 2 + ...: the polynomial of degree 6 with these first two terms that has the smallest relative
// error (1.4e-8).
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

// ln x for positive, normal, finite x, with an absolute error of 1e-8. x = 2^n m with m in [1, 2), and ln m = 2
// atanh((m - 1) / (m + 1)) as a power series.
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
