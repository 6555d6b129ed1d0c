// Elman network (Elman 1990): h = tanh(a), or max(0, a). Nothing is saved: c has h, undropped.
INLINE void rnn_ahead_(const Row *r, int H, const int relu) {
  EACH_BLOCK(j, n, H) {
    const V a = pre_(r, 0, H, j, n), h = relu ? choose(a < 0.f, (V){0}, a) : tanh_(a);
    store_n(r->c + j, h, n);
    store_n(r->h + j, h, n);
  }
}
INLINE void rnn_back_(const Row *r, int H, const int relu) {
  EACH_BLOCK(j, n, H) {
    const V h = load_n(r->c + j, n), dh = dh_(r, j, n);
    store_n(r->dpre + j, relu ? choose(h > 0.f, dh, (V){0}) : dh * (1.f - h * h), n);
    store_n(r->dc + j, (V){0}, n);
  }
}
INLINE void rnn_tanh_ahead(const Row *r, int H) { rnn_ahead_(r, H, 0); }
INLINE void rnn_tanh_back(const Row *r, int H) { rnn_back_(r, H, 0); }
INLINE void rnn_relu_ahead(const Row *r, int H) { rnn_ahead_(r, H, 1); }
INLINE void rnn_relu_back(const Row *r, int H) { rnn_back_(r, H, 1); }
RECURRENCE(rnn_tanh, 0,
           {.gates = 1, .recurrent = 1, .saved = 0, .c_is_h = 1, .ahead = rnn_tanh_ahead, .back = rnn_tanh_back})
RECURRENCE(rnn_relu, 0,
           {.gates = 1, .recurrent = 1, .saved = 0, .c_is_h = 1, .ahead = rnn_relu_ahead, .back = rnn_relu_back})
