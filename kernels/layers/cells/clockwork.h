// Clockwork RNN (Koutnik et al. 2014). Units form modules. A module is updated only when its clock ticks:
//   h = tanh(a) if its clock ticks, else h_prev.
// per_unit: (H) integers, bit k set in the units of module k. per_row: (N) integers, bit k set where module k ticks. The
// entries of U from faster to slower modules are 0.
INLINE VI ticking(const Row *r, int j, int n) { return ((VI)load_n(r->per_unit + j, n) & r->clock) != 0; }
INLINE void clockwork_step(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V h = choose(ticking(r, j, n), tanh_(pre_(r, 0, H, j, n)), or_zero(r->c_prev, j, n));
    store_n(r->c + j, h, n);
    store_n(r->h + j, h, n);
  }
}
INLINE void clockwork_step_backward(const Row *r, int H) {
  EACH_BLOCK(j, n, H) {
    const V h = load_n(r->c + j, n), dh = dh_(r, j, n) + dc_(r, j, n);
    const VI ticks = ticking(r, j, n);
    store_n(r->dpre + j, choose(ticks, dh * (1.f - h * h), (V){0}), n);
    store_n(r->dc + j, choose(ticks, (V){0}, dh), n);
  }
}
RECURRENCE(clockwork, 1,
           {.gates = 1,
            .recurrent = 1,
            .saved = 0,
            .c_is_h = 1,
            .step = clockwork_step,
            .step_backward = clockwork_step_backward})
