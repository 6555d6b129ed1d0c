// Character CNN: a convolution of odd `width` over zero-padded characters, then the maximum over positions (Ma & Hovy
// 2016, without tanh).
//
// One table (C, width * F) has the products of character embedding E and convolution K: table[c] = E[c] K, one GEMM per
// update. The convolution at a position is then a sum of `width` rows of the table.
#include "../vector.h"

// out[w, f] = bias[f] + max_p sum_k table[chars[p + k - width / 2], k F + f] over the characters offsets[w] <= p <
// offsets[w + 1] of word w, at least one. Characters outside the word count as 0. out (n, F) row-major, rows `ldo`
// floats apart; table (C, width F); bias (F); offsets (n + 1). Saves for backward: argmax (n, F), the first position p
// of the maximum. Overwrites both outputs. No aliasing.
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
        const VI better = (y > best) | (y != y); // propagates NaN
        best = choose(better, y, best);
        where = (better & ((VI){0} + p)) | (~better & where);
      }
      store_n(out + (long)w * ldo + f, best + load_n(bias + f, count), count);
      for (int j = 0; j < count; j++) argmax[(long)w * F + f + j] = where[j];
    }
  }
}

// Accumulates dtable (C, width F) and dbias (F) from dout (n, F), rows `ldd` floats apart, and `argmax` of forward.
// Only the position of the maximum has a gradient. No aliasing.
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
