// LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers, Schmidhuber & Cummins 2000):
//   [i f g o] = [s s tanh s](a),  c = f c_prev + i g,  h = o tanh(c),  s the logistic function.
// saved: i f g o tanh(c).
INLINE void lstm_step(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V i = sigmoid_(pre_(r, 0, H, j, n)), f = sigmoid_(pre_(r, 1, H, j, n)), g = tanh_(pre_(r, 2, H, j, n)),
            o = sigmoid_(pre_(r, 3, H, j, n));
    const V c = f * or_zero(r->c_prev, j, n) + i * g, tanh_c = tanh_(c);
    save(r, 0, H, j, i, n);
    save(r, 1, H, j, f, n);
    save(r, 2, H, j, g, n);
    save(r, 3, H, j, o, n);
    save(r, 4, H, j, tanh_c, n);
    store_n(r->c + j, c, n);
    store_n(r->h + j, o * tanh_c, n);
  }
}
INLINE void lstm_step_backward(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V i = saved_(r, 0, H, j, n), f = saved_(r, 1, H, j, n), g = saved_(r, 2, H, j, n), o = saved_(r, 3, H, j, n),
            tanh_c = saved_(r, 4, H, j, n), dh = dh_(r, j, n);
    const V dc = dc_(r, j, n) + dh * o * (1.f - tanh_c * tanh_c);
    store_n(r->dpre + j, dc * g * i * (1.f - i), n);
    store_n(r->dpre + H + j, dc * or_zero(r->c_prev, j, n) * f * (1.f - f), n);
    store_n(r->dpre + 2 * H + j, dc * i * (1.f - g * g), n);
    store_n(r->dpre + 3 * H + j, dh * tanh_c * o * (1.f - o), n);
    store_n(r->dc + j, dc * f, n);
  }
}
RECURRENCE(lstm, 0, {.gates = 4, .recurrent = 4, .saved = 5, .step = lstm_step, .step_backward = lstm_step_backward})
