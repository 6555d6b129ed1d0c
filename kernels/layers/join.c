// Joins: the two directions of a layer (merge), and a layer with its input (residual, highway).
#include "../elementary.h"

// Merges h (N, 2 H) = [f b] into out (N, H), both row-major: f + b, (f + b) / 2 or f b (elementwise) for `how` = 0, 1
// or 2. Overwrites out. No aliasing.
void EXPORT(merge_forward)(float *restrict out, const float *restrict h, int N, int H, int how) {
  const float scale = how == 1 ? 0.5f : 1.f;
  for (int r = 0; r < N; r++, out += H, h += 2 * H)
    if (how == 2)
      for (int j = 0; j < H; j++) out[j] = h[j] * h[H + j];
    else
      for (int j = 0; j < H; j++) out[j] = scale * (h[j] + h[H + j]);
}

// dh (N, 2 H) from dout (N, H) and forward's h. Overwrites dh. No aliasing.
void EXPORT(merge_backward)(float *restrict dh, const float *restrict dout, const float *restrict h, int N, int H,
                            int how) {
  const float scale = how == 1 ? 0.5f : 1.f;
  for (int r = 0; r < N; r++, dout += H, dh += 2 * H, h += 2 * H)
    if (how == 2)
      for (int j = 0; j < H; j++) dh[j] = dout[j] * h[H + j], dh[H + j] = dout[j] * h[j];
    else
      for (int j = 0; j < H; j++) dh[j] = dh[H + j] = scale * dout[j];
}

// Residual: x += y. x, y (n). No aliasing. The gradient of both is dout.
void EXPORT(add)(float *restrict x, const float *restrict y, int n) {
  for (int i = 0; i < n; i++) x[i] += y[i];
}

// Highway (Srivastava et al. 2015): out = t y + (1 - t) x, elementwise. All (n). On input `t` holds pre-activations, on
// output their logistic function. Backward needs t, y and x. Overwrites out. No aliasing.
void EXPORT(highway_forward)(float *restrict out, float *restrict t, const float *restrict y, const float *restrict x,
                             int n) {
  for (int i = 0; i < n; i += LANES) {
    const int m = n - i < LANES ? n - i : LANES;
    const V gate = sigmoid_(load_n(t + i, m)), keep = load_n(x + i, m);
    store_n(t + i, gate, m);
    store_n(out + i, keep + gate * (load_n(y + i, m) - keep), m);
  }
}

// dt (of the pre-activation), dy and dx from dout and forward's t, y, x. All (n). Overwrites dt, dy and dx. dx may be
// dout.
void EXPORT(highway_backward)(float *restrict dt, float *restrict dy, float *dx, const float *dout,
                              const float *restrict t, const float *restrict y, const float *restrict x, int n) {
  for (int i = 0; i < n; i++) {
    const float d = dout[i];
    dt[i] = d * (y[i] - x[i]) * t[i] * (1.f - t[i]);
    dy[i] = d * t[i];
    dx[i] = d * (1.f - t[i]);
  }
}
