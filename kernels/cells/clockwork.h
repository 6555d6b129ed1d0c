// Clockwork RNN (Koutnik et al. 2014): units are in modules, and a module moves only when its clock ticks:
//   h = tanh(a) where it does, else h_prev.
// `own` = (H) integers, bit k in the units of module k; `beside` = (N) integers, bit k where module k ticks. That fast
// modules do not reach slow ones is in U, whose entries there are 0.
INLINE VI ticking(const Row *r, int j, int n) { return ((VI)load_n(r->own + j, n) & r->clock) != 0; }
INLINE void clockwork_ahead(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V h = choose(ticking(r, j, n), tanh_(pre_(r, 0, H, j, n)), or_zero(r->c_prev, j, n));
    store_n(r->c + j, h, n);
    store_n(r->h + j, h, n);
  }
}
INLINE void clockwork_back(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V h = load_n(r->c + j, n), dh = dh_(r, j, n) + dc_(r, j, n);
    const VI ticks = ticking(r, j, n);
    store_n(r->dpre + j, choose(ticks, dh * (1.f - h * h), (V){0}), n);
    store_n(r->dc + j, choose(ticks, (V){0}, dh), n);
  }
}
RECURRENCE(clockwork, 1,
           {.gates = 1, .recurrent = 1, .saved = 0, .c_is_h = 1, .ahead = clockwork_ahead, .back = clockwork_back})
