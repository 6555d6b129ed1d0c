// Gradients and optimizers.
#include "elementary.h"

// out[i] = sum_s shards[s, i], in the order of s; then sets shards to 0. out (n); shards (S, n), rows `stride` floats
// apart. No aliasing.
void EXPORT(sum_shards)(float *restrict out, float *restrict shards, int S, int stride, int n) {
  for (int i = 0; i < n; i += LANES) {
    const int m = n - i < LANES ? n - i : LANES;
    V sum = {0};
    for (int s = 0; s < S; s++) {
      float *shard = shards + (long)s * stride + i;
      sum += load_n(shard, m);
      store_n(shard, (V){0}, m);
    }
    store_n(out + i, sum, m);
  }
}

// out[0] += sum_i x_i^2, out[1] = max(out[1], max_i |x_i|): for the norm of a gradient. x (n). NaN propagates to
// out[0]. No aliasing.
void EXPORT(measure)(double *restrict out, const float *restrict x, int n) {
  double total = 0;
  V most = {0};
  for (int i = 0; i < n;) {
    V part = {0};
    for (int end = n - i < 64 * LANES ? n : i + 64 * LANES; i < end; i += LANES) {
      const V y = load_n(x + i, end - i < LANES ? end - i : LANES);
      part += y * y;
      most = larger(y, most);
      most = larger(-y, most);
    }
    for (int j = 0; j < LANES; j++) total += part[j];
    i = i > n ? n : i;
  }
  out[0] += total;
  for (int j = 0; j < LANES; j++) out[1] = most[j] > out[1] ? most[j] : out[1];
}

INLINE float clamp(float x, float limit) { return x > limit ? limit : x < -limit ? -limit : x; }

// Contract of both optimizers: they update w and its state in place. g (n, D) row-major is the gradient. Row r of g
// belongs to row ids[r] of w and its state, with ids (n), or to row r if ids is 0. Other rows do not change. `scale`
// multiplies the gradient (clipping by the global norm, Pascanu et al. 2013). Then each element is clipped to +-`limit`
// (clipping by value; infinity: none). No aliasing.

// SGD with momentum: v = momentum v + g, w -= learning_rate (v + decay w).
void EXPORT(sgd)(float *restrict w, float *restrict v, const float *restrict g, const int *restrict ids, int n, int D,
                 float scale, float limit, float learning_rate, float momentum, float decay) {
  for (int r = 0; r < n; r++, g += D) {
    const long at = (long)(ids ? ids[r] : r) * D;
    float *wr = w + at, *vr = v + at;
    for (int j = 0; j < D; j++) {
      vr[j] = momentum * vr[j] + clamp(scale * g[j], limit);
      wr[j] -= learning_rate * (vr[j] + decay * wr[j]);
    }
  }
}

// Adam (Kingma & Ba 2015, Algorithm 1) with decoupled decay (AdamW, Loshchilov & Hutter 2019):
//   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,
//   w -= learning_rate (m correct1 / (sqrt(v correct2) + epsilon) + decay w).
// correct1 = 1 / (1 - beta1^t), correct2 = 1 / (1 - beta2^t), t the number of the step.
void EXPORT(adam)(float *restrict w, float *restrict m, float *restrict v, const float *restrict g,
                  const int *restrict ids, int n, int D, float scale, float limit, float learning_rate, float beta1,
                  float beta2, float epsilon, float correct1, float correct2, float decay) {
  for (int r = 0; r < n; r++, g += D) {
    const long at = (long)(ids ? ids[r] : r) * D;
    float *wr = w + at, *mr = m + at, *vr = v + at;
    for (int j = 0; j < D; j++) {
      const float gj = clamp(scale * g[j], limit);
      mr[j] = beta1 * mr[j] + (1.f - beta1) * gj;
      vr[j] = beta2 * vr[j] + (1.f - beta2) * gj * gj;
      wr[j] -= learning_rate * (mr[j] * correct1 / (__builtin_sqrtf(vr[j] * correct2) + epsilon) + decay * wr[j]);
    }
  }
}
