// Embeddings: rows of a table.
#include "../vector.h"

// out[r] = table[ids[r]]: out (n, D) row-major, rows `ldo` floats apart; table (., D); ids (n). Overwrites out. No
// aliasing.
void EXPORT(rows_gather)(float *restrict out, const float *restrict table, const int *restrict ids, int n, int D,
                         int ldo) {
  for (int r = 0; r < n; r++) {
    const float *from = table + (long)ids[r] * D;
    float *to = out + (long)r * ldo;
    for (int j = 0; j < D; j++) to[j] = from[j];
  }
}

// table[ids[r]] += in[r] for r = 0, 1, ..., in this order: the gradient of rows_gather. table (., D); in (n, D)
// row-major, rows `ldi` floats apart; ids (n). No aliasing.
void EXPORT(rows_scatter_add)(float *restrict table, const float *restrict in, const int *restrict ids, int n, int D,
                              int ldi) {
  for (int r = 0; r < n; r++) {
    float *to = table + (long)ids[r] * D;
    const float *from = in + (long)r * ldi;
    for (int j = 0; j < D; j++) to[j] += from[j];
  }
}
