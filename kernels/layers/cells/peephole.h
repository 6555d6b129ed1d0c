// Peephole LSTM (Gers & Schmidhuber 2000), per_unit = p (3, H) for i, f, o; s is the logistic function:
//   i = s(a_i + p_i c_prev),  f = s(a_f + p_f c_prev),  g = tanh(a_g),  c = f c_prev + i g,
//   o = s(a_o + p_o c),  h = o tanh(c).
// Depth-gated LSTM (Yao et al. 2015): a fifth gate d, without a recurrent product, gates the cell state e of the lower
// layer. per_row = e, per_unit = p (5, H) for i, f, o, d, e:
//   d = s(a_d + p_d c_prev + p_e e),  c = d e + f c_prev + i g.
// saved: i f g o tanh(c) and d.
INLINE void peephole_step_(const Row *r, int H, const int deep) {
  const float *p = r->per_unit;
  EACH_BLOCK(j, n, H) {
    const V c_prev = or_zero(r->c_prev, j, n);
    const V i = sigmoid_(pre_(r, 0, H, j, n) + load_n(p + j, n) * c_prev),
            f = sigmoid_(pre_(r, 1, H, j, n) + load_n(p + H + j, n) * c_prev), g = tanh_(pre_(r, 2, H, j, n));
    V c = f * c_prev + i * g;
    if (deep) {
      const V e = load_n(r->per_row + j, n);
      const V d =
          sigmoid_(load_n(r->pre + 4 * H + j, n) + load_n(p + 3 * H + j, n) * c_prev + load_n(p + 4 * H + j, n) * e);
      c += d * e;
      save(r, 5, H, j, d, n);
    }
    const V o = sigmoid_(pre_(r, 3, H, j, n) + load_n(p + 2 * H + j, n) * c), tanh_c = tanh_(c);
    save(r, 0, H, j, i, n);
    save(r, 1, H, j, f, n);
    save(r, 2, H, j, g, n);
    save(r, 3, H, j, o, n);
    save(r, 4, H, j, tanh_c, n);
    store_n(r->c + j, c, n);
    store_n(r->h + j, o * tanh_c, n);
  }
}
INLINE void peephole_step_backward_(const Row *r, int H, const int deep) {
  const float *p = r->per_unit;
  EACH_BLOCK(j, n, H) {
    const V i = saved_(r, 0, H, j, n), f = saved_(r, 1, H, j, n), g = saved_(r, 2, H, j, n), o = saved_(r, 3, H, j, n),
            tanh_c = saved_(r, 4, H, j, n), dh = dh_(r, j, n), c_prev = or_zero(r->c_prev, j, n);
    const V da_o = dh * tanh_c * o * (1.f - o);
    const V dc = dc_(r, j, n) + dh * o * (1.f - tanh_c * tanh_c) + da_o * load_n(p + 2 * H + j, n);
    const V da_i = dc * g * i * (1.f - i), da_f = dc * c_prev * f * (1.f - f);
    V dc_prev = dc * f + da_i * load_n(p + j, n) + da_f * load_n(p + H + j, n);
    if (deep) {
      const V e = load_n(r->per_row + j, n), d = saved_(r, 5, H, j, n), da_d = dc * e * d * (1.f - d);
      dc_prev += da_d * load_n(p + 3 * H + j, n);
      store_n(r->dpre + 4 * H + j, da_d, n);
      store_n(r->dper_row + j, dc * d + da_d * load_n(p + 4 * H + j, n), n);
    }
    store_n(r->dpre + j, da_i, n);
    store_n(r->dpre + H + j, da_f, n);
    store_n(r->dpre + 2 * H + j, dc * i * (1.f - g * g), n);
    store_n(r->dpre + 3 * H + j, da_o, n);
    store_n(r->dc + j, dc_prev, n);
  }
  float *restrict dp = r->dper_unit;
  const float *restrict da = r->dpre, *restrict c = r->c, *restrict c_prev = r->c_prev, *restrict e = r->per_row;
  for (int j = 0; j < H; j++) dp[2 * H + j] += da[3 * H + j] * c[j];
  if (c_prev) {
    for (int j = 0; j < H; j++) dp[j] += da[j] * c_prev[j];
    for (int j = 0; j < H; j++) dp[H + j] += da[H + j] * c_prev[j];
    if (deep)
      for (int j = 0; j < H; j++) dp[3 * H + j] += da[4 * H + j] * c_prev[j];
  }
  if (deep)
    for (int j = 0; j < H; j++) dp[4 * H + j] += da[4 * H + j] * e[j];
}
INLINE void peephole_step(const Row *r, int H) { peephole_step_(r, H, 0); }
INLINE void peephole_step_backward(const Row *r, int H) { peephole_step_backward_(r, H, 0); }
INLINE void depth_gated_step(const Row *r, int H) { peephole_step_(r, H, 1); }
INLINE void depth_gated_step_backward(const Row *r, int H) { peephole_step_backward_(r, H, 1); }
RECURRENCE(peephole, 0,
           {.gates = 4, .recurrent = 4, .saved = 5, .step = peephole_step, .step_backward = peephole_step_backward})
RECURRENCE(
    depth_gated, 0,
    {.gates = 5, .recurrent = 4, .saved = 6, .step = depth_gated_step, .step_backward = depth_gated_step_backward})
