// GRU (Cho et al. 2014), with the reset gate before the product:
//   [z r] = s(a),  n = tanh(x W_n + b_n + (r h_prev) V),  h = z h_prev + (1 - z) n,  s the logistic function.
// The last sum reads h_prev from c, where it has no dropout mask. saved: z r n.
INLINE void gru_reset(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V reset = sigmoid_(pre_(r, 1, H, j, n));
    save(r, 1, H, j, reset, n);
    store_n(r->reset + j, reset * or_zero(r->h_prev, j, n), n);
  }
}
INLINE void gru_step(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V z = sigmoid_(pre_(r, 0, H, j, n)), candidate = tanh_(pre_(r, 2, H, j, n));
    const V h = z * or_zero(r->c_prev, j, n) + (1.f - z) * candidate;
    save(r, 0, H, j, z, n);
    save(r, 2, H, j, candidate, n);
    store_n(r->c + j, h, n);
    store_n(r->h + j, h, n);
  }
}
INLINE void gru_step_backward(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V z = saved_(r, 0, H, j, n), candidate = saved_(r, 2, H, j, n), dh = dh_(r, j, n) + dc_(r, j, n);
    store_n(r->dpre + j, dh * (or_zero(r->c_prev, j, n) - candidate) * z * (1.f - z), n);
    store_n(r->dpre + 2 * H + j, dh * (1.f - z) * (1.f - candidate * candidate), n);
    store_n(r->dc + j, dh * z, n);
  }
}
// Backpropagates dreset, the gradient of V's input, through the reset gate to its pre-activation and to h_prev. The
// latter goes to dc, and the product with U^T adds to it.
INLINE void gru_reset_backward(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V reset = saved_(r, 1, H, j, n), d = or_zero(r->dreset, j, n);
    store_n(r->dpre + H + j, d * load_n(r->h_prev + j, n) * reset * (1.f - reset), n);
    store_n(r->dc + j, d * reset, n);
  }
}
RECURRENCE(gru, 0,
           {.gates = 3,
            .recurrent = 2,
            .saved = 3,
            .c_is_h = 1,
            .step = gru_step,
            .step_backward = gru_step_backward,
            .reset = gru_reset,
            .reset_backward = gru_reset_backward})
