// Random numbers that depend only on a seed, a stream and an index, so that they are the same for any number of
// threads.
#pragma once
#include <stdint.h>

// The finaliser of MurmurHash3 (Appleby 2011).
INLINE uint32_t mix(uint32_t x) {
  x ^= x >> 16, x *= 0x85ebca6bu, x ^= x >> 13, x *= 0xc2b2ae35u, x ^= x >> 16;
  return x;
}
