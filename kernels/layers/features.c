// Features: each token or word type has a bag of rows of a table. Its encoding is the sum of these rows.
#include "../vector.h"

// out[s] = sum of in[members[m]] over offsets[s] <= m < offsets[s + 1]. out (n, D); in (., D) row-major, rows `ldi`
// floats apart; offsets (n + 1). An empty bag gives 0. Overwrites out. No aliasing.
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

// table[members[m]] += dout[s] over the same bags: the gradient of segment_sum. table (., D); dout (n, D). No aliasing.
void EXPORT(segment_scatter_add)(float *restrict table, const float *restrict dout, const int *restrict offsets,
                                 const int *restrict members, int n, int D) {
  for (int s = 0; s < n; s++, dout += D)
    for (int m = offsets[s]; m < offsets[s + 1]; m++) {
      float *to = table + (long)members[m] * D;
      for (int j = 0; j < D; j++) to[j] += dout[j];
    }
}
