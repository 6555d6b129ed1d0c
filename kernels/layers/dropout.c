// Variational dropout: one mask per sentence (Gal & Ghahramani 2016).
#include "../random.h"
#include "../vector.h"

// mask[i] = 1 / keep with probability `keep`, else 0; mask (n). Element i depends only on (seed, stream, i).
void EXPORT(dropout_mask)(float *restrict mask, int n, float keep, int seed, int stream) {
  const uint32_t key = mix((uint32_t)seed ^ mix((uint32_t)stream + 0x9e3779b9u));
  const uint32_t limit = (uint32_t)(keep * 16777216.f);
  const float scale = 1.f / keep;
  for (int i = 0; i < n; i++) mask[i] = (mix(mix((uint32_t)i + 0x9e3779b9u) ^ key) >> 8) < limit ? scale : 0.f;
}

// x[(t, b)] *= mask[b] at every step t. x (N, D) packed batch, rows `ld` floats apart; mask (batch_sizes[0], D).
// Backward is the same call on the gradient. No aliasing.
void EXPORT(dropout_apply)(float *restrict x, const float *restrict mask, const int *restrict batch_sizes, int T, int D,
                           int ld) {
  for (int t = 0; t < T; t++)
    for (int b = 0; b < batch_sizes[t]; b++, x += ld)
      for (int j = 0; j < D; j++) x[j] *= mask[(long)b * D + j];
}
