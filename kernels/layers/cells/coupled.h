// LSTM with coupled input and forget gates (Greff et al. 2015, CIFG):
//   [i g o] = [s tanh s](a),  c = (1 - i) c_prev + i g,  h = o tanh(c),  s the logistic function.
// saved: i g o tanh(c).
INLINE void coupled_step(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V i = sigmoid_(pre_(r, 0, H, j, n)), g = tanh_(pre_(r, 1, H, j, n)), o = sigmoid_(pre_(r, 2, H, j, n));
    const V c = (1.f - i) * or_zero(r->c_prev, j, n) + i * g, tanh_c = tanh_(c);
    save(r, 0, H, j, i, n);
    save(r, 1, H, j, g, n);
    save(r, 2, H, j, o, n);
    save(r, 3, H, j, tanh_c, n);
    store_n(r->c + j, c, n);
    store_n(r->h + j, o * tanh_c, n);
  }
}
INLINE void coupled_step_backward(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V i = saved_(r, 0, H, j, n), g = saved_(r, 1, H, j, n), o = saved_(r, 2, H, j, n),
            tanh_c = saved_(r, 3, H, j, n), dh = dh_(r, j, n);
    const V dc = dc_(r, j, n) + dh * o * (1.f - tanh_c * tanh_c);
    store_n(r->dpre + j, dc * (g - or_zero(r->c_prev, j, n)) * i * (1.f - i), n);
    store_n(r->dpre + H + j, dc * i * (1.f - g * g), n);
    store_n(r->dpre + 2 * H + j, dh * tanh_c * o * (1.f - o), n);
    store_n(r->dc + j, dc * (1.f - i), n);
  }
}
RECURRENCE(coupled, 0,
           {.gates = 3, .recurrent = 3, .saved = 4, .step = coupled_step, .step_backward = coupled_step_backward})
