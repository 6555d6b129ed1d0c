// Elman network (Elman 1990): h = tanh(a), or max(0, a). Saves nothing: c holds h before dropout.
INLINE void rnn_step_(const Row *r, int H, const int relu) {
  EACH_BLOCK(j, n, H) {
    const V a = pre_(r, 0, H, j, n), h = relu ? choose(a < 0.f, (V){0}, a) : tanh_(a);
    store_n(r->c + j, h, n);
    store_n(r->h + j, h, n);
  }
}
INLINE void rnn_step_backward_(const Row *r, int H, const int relu) {
  EACH_BLOCK(j, n, H) {
    const V h = load_n(r->c + j, n), dh = dh_(r, j, n);
    store_n(r->dpre + j, relu ? choose(h > 0.f, dh, (V){0}) : dh * (1.f - h * h), n);
    store_n(r->dc + j, (V){0}, n);
  }
}
INLINE void rnn_tanh_step(const Row *r, int H) { rnn_step_(r, H, 0); }
INLINE void rnn_tanh_step_backward(const Row *r, int H) { rnn_step_backward_(r, H, 0); }
INLINE void rnn_relu_step(const Row *r, int H) { rnn_step_(r, H, 1); }
INLINE void rnn_relu_step_backward(const Row *r, int H) { rnn_step_backward_(r, H, 1); }
RECURRENCE(rnn_tanh, 0,
           {.gates = 1,
            .recurrent = 1,
            .saved = 0,
            .c_is_h = 1,
            .step = rnn_tanh_step,
            .step_backward = rnn_tanh_step_backward})
RECURRENCE(rnn_relu, 0,
           {.gates = 1,
            .recurrent = 1,
            .saved = 0,
            .c_is_h = 1,
            .step = rnn_relu_step,
            .step_backward = rnn_relu_step_backward})
