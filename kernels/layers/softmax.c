// The softmax output layer.
#include "../elementary.h"

// Returns the loss of a token whose tag is in a set S: -(1 - smoothing) ln P - smoothing / |S| sum_{k in S} ln p_k with
// P = sum_{k in S} p_k. `set` (K) has 1 for the tags in S, else 0. dlogits (K) holds scale p on input and the gradient
// scale (p - q) on output, where q_k = (1 - smoothing) p_k / P + smoothing / |S| in S and 0 elsewhere. ln p_k = z_k -
// top - log_sum.
static double softmax_set(float *restrict dlogits, const float *restrict z, const float *restrict set, int K, float top,
                          float log_sum, float scale, float smoothing) {
  int size = 0;
  float max = 0, sum = 0, logs = 0;
  for (int k = 0; k < K; k++) {
    if (set[k] == 0.f) continue;
    max = size++ == 0 || z[k] > max ? z[k] : max;
    logs += z[k] - top - log_sum;
  }
  for (int pass = 0; pass < 2; pass++) // computes exp twice, because there is no buffer for it
    for (int k0 = 0; k0 < K; k0 += LANES) {
      const int n = K - k0 < LANES ? K - k0 : LANES;
      const V e = exp_(load_n(z + k0, n) - max);
      for (int j = 0; j < n; j++) {
        if (set[k0 + j] == 0.f) continue;
        if (pass == 0) sum += e[j];
        else dlogits[k0 + j] -= scale * ((1.f - smoothing) * e[j] / sum + smoothing / size);
      }
    }
  return (smoothing - 1.f) * (max - top - log_sum + log_(sum)) - smoothing / size * logs;
}

static float weighted_mean(const float *x, const float *weights, int K) {
  float sum = 0, all = 0;
  for (int k = 0; k < K; k++) sum += weights[k] * x[k], all += weights[k];
  return sum / all;
}

// Cross-entropy of p = softmax(logits), row by row:
//   loss[0] += scale sum_r w_r loss_r,  dlogits = scale w (p - q).
// gold[r] >= 0: the tag. loss_r = -sum_k q_k ln p_k; q is 1 - smoothing + smoothing / K at the tag, else smoothing / K.
// gold[r] = -2 - i: one of the tags in row i of `sets`; see softmax_set. gold[r] = -1: unknown; no loss, gradient 0.
// logits, dlogits (N, K) row-major; gold (N); sets (S, K) of 0 and 1, at least one 1 per row, or the null pointer: then
// every negative gold is unknown. weights (K), or the null pointer for weights of 1: w_r is the weight of the tag, or
// the mean weight of the set. Overwrites dlogits. No aliasing.
void EXPORT(softmax_cross_entropy)(float *restrict loss, float *restrict dlogits, const float *restrict logits,
                                   const int *restrict gold, const float *restrict sets, const float *restrict weights,
                                   int N, int K, float scale, float smoothing) {
  const float rest = smoothing / K, peak = 1.f - smoothing + rest;
  double total = 0;
  for (int r = 0; r < N; r++, logits += K, dlogits += K) {
    if (gold[r] == -1 || (gold[r] < 0 && !sets)) {
      for (int k = 0; k < K; k++) dlogits[k] = 0.f;
      continue;
    }
    const float *set = gold[r] < 0 ? sets + (long)(-2 - gold[r]) * K : 0;
    const float weight = !weights ? 1.f
                         : set    ? weighted_mean(weights, set, K)
                                  : weights[gold[r]],
                weighted = scale * weight;
    float max = logits[0], sum = 0, mean = 0;
    for (int k = 1; k < K; k++) max = logits[k] > max ? logits[k] : max;
    for (int k0 = 0; k0 < K; k0 += LANES) {
      const int n = K - k0 < LANES ? K - k0 : LANES;
      const V e = exp_(load_n(logits + k0, n) - max);
      for (int j = 0; j < n; j++) dlogits[k0 + j] = e[j], sum += e[j], mean += logits[k0 + j] - max;
    }
    const float log_sum = (float)log_(sum), inverse = weighted / sum;
    for (int k = 0; k < K; k++) dlogits[k] *= inverse;
    if (set) {
      total += weight * softmax_set(dlogits, logits, set, K, max, log_sum, weighted, smoothing);
      continue;
    }
    total += weight * (log_sum - rest * mean - (peak - rest) * (logits[gold[r]] - max));
    for (int k = 0; k < K; k++) dlogits[k] -= weighted * rest;
    dlogits[gold[r]] -= weighted * (peak - rest);
  }
  loss[0] += scale * (float)total;
}

// out[r] = the first k that maximises logits[r, k]. logits (N, K) row-major; out (N). No aliasing.
void EXPORT(argmax)(int *restrict out, const float *restrict logits, int N, int K) {
  for (int r = 0; r < N; r++, logits += K) {
    int best = 0;
    for (int k = 1; k < K; k++) best = logits[k] > logits[best] ? k : best;
    out[r] = best;
  }
}
