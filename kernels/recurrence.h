// A recurrence: one direction of one layer over a packed batch, for any cell.
//
// Here are the walk over the steps and the matrix products; a cell (cells/*.h) is pointwise: from the pre-activations of
// one row and the state c before it to c and h, and back. A cell has G blocks of H pre-activations, of which the first R
// get the recurrent product with U (H, R H). A cell with `reset` (GRU) makes a second input of it, whose product with
// V (H, H) goes to block R. Whatever a cell carries from step to step besides h is c; cells without a cell state of
// their own carry h there.

// At step t the packed rows [at, at + n) are live, of which the first `carried` have a state from the step before, whose
// rows begin at `before`. `reverse` runs each sentence from its own last token to its first; `against` walks backwards
// along the recurrence.
typedef struct {
  int t, at, n, carried, before, up;
} Step;
INLINE Step before_first(const int *rows, int T, int reverse, int against) {
  const int up = reverse == against;
  int N = 0;
  for (int t = 0; t < T; t++) N += rows[t];
  return up ? (Step){.t = -1, .at = 0, .n = 0, .up = 1} : (Step){.t = T, .at = N, .n = 0, .up = 0};
}
INLINE int next(Step *s, const int *rows, int T, int reverse) {
  s->at += s->up ? s->n : 0;
  s->t += s->up ? 1 : -1;
  if (s->t < 0 || s->t >= T) return 0;
  s->n = rows[s->t];
  s->at -= s->up ? 0 : s->n;
  s->carried = reverse ? (s->t + 1 < T ? rows[s->t + 1] : 0) : (s->t > 0 ? s->n : 0);
  s->before = reverse ? s->at + s->n : (s->t > 0 ? s->at - rows[s->t - 1] : 0);
  return 1;
}

// What a cell sees of one row. Pointers that may be 0 stand for zeros, or for no output.
typedef struct {
  const float *pre;       // (G, H) pre-activations
  const float *recurrent; // (G, H) what is still to be added to them, or 0
  const float *c_prev;    // (H) 0 where the sentence begins
  const float *h_prev;    // (H) as it entered the product: masked; zeros or 0 where the sentence begins
  const float *own;       // the cell's own numbers for each unit
  const float *beside;    // (H) what this row sees besides x: the cell state of the layer below
  int clock;              // or the modules that tick now, a bit each
  float *c, *h, *reset;   // (H)
  float *saved;           // (S, H) what backward needs, or 0
  // Backward. `saved`, `c`, `c_prev`, `h_prev`, `own`, `beside` as forward left them.
  const float *dh, *dh_next;         // (H) from above, and from the step that followed (or 0)
  const float *dc_next, *dc_above;   // (H) the same of c (each may be 0)
  const float *dreset;               // (H)
  float *dpre, *dc, *dbeside, *down; // (G, H) out; (H) out, to the step before; (H) out; `own`'s, added to
} Row;

typedef void Pointwise(const Row *r, int H);
typedef struct {
  int gates, recurrent, saved;
  int c_is_h; // c carries h itself: what comes back through it is a part of h's gradient
  Pointwise *ahead, *back;
  Pointwise *reset, *reset_back; // or 0
} Cell;

INLINE V or_zero(const float *p, int j, int n) { return p ? load_n(p + j, n) : (V){0}; }
INLINE V pre_(const Row *r, int k, int H, int j, int n) {
  const V x = load_n(r->pre + k * H + j, n);
  return r->recurrent ? x + load_n(r->recurrent + k * H + j, n) : x;
}
INLINE V saved_(const Row *r, int k, int H, int j, int n) { return load_n(r->saved + k * H + j, n); }
INLINE void save(const Row *r, int k, int H, int j, V x, int n) {
  if (r->saved) store_n(r->saved + k * H + j, x, n);
}
INLINE V dh_(const Row *r, int j, int n) { return load_n(r->dh + j, n) + or_zero(r->dh_next, j, n); }
INLINE V dc_(const Row *r, int j, int n) { return or_zero(r->dc_next, j, n) + or_zero(r->dc_above, j, n); }

// Training. Reads pre (N, G H) = x W + b, `packed_u` = U packed (`packed_v` = V), `mask` (rows[0], H) or 0 (variational
// recurrent dropout, Gal & Ghahramani 2016), `own`, and `beside`: (N, H) floats or (N) clocks, as the cell says. Writes
// h (N, H; ldh) and, for backward, saved (N, S H), c (N, H), h_prev (N, H; masked) and, of a cell that has it, reset
// (N, H). `pre` becomes the full pre-activation. Nothing aliases.
INLINE void recurrence_forward(const Cell cell, const int clocked, float *h, float *saved, float *c, float *h_prev,
                               float *reset, float *pre, const float *packed_u, const float *packed_v,
                               const float *own, const float *beside, const float *mask, const int *rows, int T, int H,
                               int ldh, int reverse) {
  const int G = cell.gates * H, R = cell.recurrent * H;
  Step s = before_first(rows, T, reverse, 0);
  while (next(&s, rows, T, reverse)) {
    for (int b = 0; b < s.n; b++) {
      float *to = h_prev + (long)(s.at + b) * H;
      const float *from = h + (long)(s.before + b) * ldh, *keep = mask + (long)b * H;
      if (b >= s.carried) for (int j = 0; j < H; j++) to[j] = 0.f;
      else if (mask) for (int j = 0; j < H; j++) to[j] = from[j] * keep[j];
      else for (int j = 0; j < H; j++) to[j] = from[j];
    }
    product(pre + (long)s.at * G, h_prev + (long)s.at * H, packed_u, 0, s.carried, R, H, H, 1, G, 1);
    for (int pass = cell.reset ? 0 : 1; pass < 2; pass++) {
      for (int b = 0; b < s.n; b++) {
        const long row = s.at + b;
        const Row r = {
            .pre = pre + row * G,
            .c_prev = b < s.carried ? c + (long)(s.before + b) * H : 0,
            .h_prev = h_prev + row * H,
            .own = own,
            .beside = clocked ? 0 : beside + row * H,
            .clock = clocked ? ((const int *)beside)[row] : 0,
            .c = c + row * H,
            .h = h + row * ldh,
            .reset = reset + row * H,
            .saved = saved + row * cell.saved * H,
        };
        if (pass) cell.ahead(&r, H);
        else cell.reset(&r, H);
      }
      if (!pass)
        product(pre + (long)s.at * G + R, reset + (long)s.at * H, packed_v, 0, s.carried, H, H, H, 1, G, 1);
    }
  }
}

// Tagging: the same h (N, H; ldh), nothing saved. Row r of the pre-activations is table[ids[r]] (ld floats apart), or
// table[r] where ids is 0. `scratch` holds rows[0] * (G + 3) H floats; c (N, H) gets the states, unless it is 0.
INLINE void recurrence_infer(const Cell cell, const int clocked, float *h, float *c, float *scratch,
                             const float *table, const int *ids, const float *packed_u, const float *packed_v,
                             const float *own, const float *beside, const int *rows, int T, int H, int ld, int ldh,
                             int reverse) {
  const int G = cell.gates * H, R = cell.recurrent * H, B = T > 0 ? rows[0] : 0;
  float *recurrent = scratch, *reset = recurrent + (long)B * G, *now = reset + (long)B * H, *then = now + (long)B * H;
  Step s = before_first(rows, T, reverse, 0);
  while (next(&s, rows, T, reverse)) {
    // rows of a large table come from far away: they travel during the product
    if (ids)
      for (int b = 0; b < s.n; b++)
        for (int k = 0; k < G; k += 16) __builtin_prefetch(table + (long)ids[s.at + b] * ld + k, 0, 2);
    product(recurrent, h + (long)s.before * ldh, packed_u, 0, s.carried, R, H, ldh, 1, G, 0);
    const float *c_prev = c ? c + (long)s.before * H : then;
    float *c_now = c ? c + (long)s.at * H : now;
    for (int pass = cell.reset ? 0 : 1; pass < 2; pass++) {
      for (int b = 0; b < s.n; b++) {
        const long row = s.at + b, i = b;
        const Row r = {
            .pre = table + (ids ? ids[row] : row) * ld,
            .recurrent = b < s.carried ? recurrent + i * G : 0,
            .c_prev = b < s.carried ? c_prev + i * H : 0,
            .h_prev = b < s.carried ? h + (s.before + i) * ldh : 0,
            .own = own,
            .beside = clocked ? 0 : beside + row * H,
            .clock = clocked ? ((const int *)beside)[row] : 0,
            .c = c_now + i * H,
            .h = h + row * ldh,
            .reset = reset + i * H,
        };
        if (pass) cell.ahead(&r, H);
        else cell.reset(&r, H);
      }
      if (!pass) product(recurrent + R, reset, packed_v, 0, s.carried, H, H, H, 1, G, 0);
    }
    float *swap = now;
    now = then, then = swap;
  }
}

// Writes dpre (N, G H), the gradient of the pre-activations, from dh (N, H; ldd) and what forward saved; `packed_ut` is
// U^T (R H, H) packed (`packed_vt`: V^T). dabove (N, H), or 0, is a gradient that reaches c from elsewhere; dbeside (N, H)
// is written, and `down` added to, by cells that have them. links (N), or 0, multiplies what a row passes to the one
// before it: 0 cuts backpropagation there. trace (N, H), or 0, gets the whole gradient of h. `scratch` holds
// rows[0] * 4 H floats. From dpre follow, each one GEMM over all steps: dU = h_prev^T dpre, dV = reset^T dpre,
// dW = x^T dpre, db = its column sums, dx = dpre W^T.
INLINE void recurrence_backward(const Cell cell, const int clocked, float *dpre, float *dbeside, float *down,
                                float *trace, float *scratch, const float *dh, const float *dabove,
                                const float *saved, const float *c, const float *h_prev, const float *packed_ut,
                                const float *packed_vt, const float *own, const float *beside, const float *mask,
                                const float *links, const int *rows, int T, int H, int ldd, int reverse) {
  const int G = cell.gates * H, R = cell.recurrent * H, B = T > 0 ? rows[0] : 0;
  float *dh_next = scratch, *dreset = dh_next + (long)B * H, *dc = dreset + (long)B * H, *dc_next = dc + (long)B * H;
  int arrived = 0; // the first `arrived` rows have gradients from the step that followed them
  Step s = before_first(rows, T, reverse, 1);
  while (next(&s, rows, T, reverse)) {
    float *d = dpre + (long)s.at * G;
    for (int pass = 0; pass < (cell.reset ? 2 : 1); pass++) {
      for (long b = 0; b < s.n; b++) {
        const long row = s.at + b;
        const Row r = {
            .c_prev = b < s.carried ? c + (s.before + b) * H : 0,
            .h_prev = h_prev + row * H,
            .own = own,
            .beside = clocked ? 0 : beside + row * H,
            .clock = clocked ? ((const int *)beside)[row] : 0,
            .c = (float *)c + row * H,
            .saved = (float *)saved + row * cell.saved * H,
            .dh = dh + row * ldd,
            .dh_next = b < arrived ? dh_next + b * H : 0,
            .dc_next = b < arrived ? dc_next + b * H : 0,
            .dc_above = dabove ? dabove + row * H : 0,
            .dreset = b < s.carried ? dreset + b * H : 0,
            .dpre = d + b * G,
            .dc = pass ? dh_next + b * H : dc + b * H,
            .dbeside = dbeside + row * H,
            .down = down,
        };
        if (trace && !pass)
          for (int j = 0; j < H; j++)
            trace[row * H + j] = r.dh[j] + (r.dh_next ? r.dh_next[j] : 0.f) +
                                 (cell.c_is_h && r.dc_next ? r.dc_next[j] : 0.f);
        if (pass) cell.reset_back(&r, H);
        else cell.back(&r, H);
      }
      if (cell.reset && !pass) product(dreset, d + R, packed_vt, 0, s.carried, H, H, G, 1, H, 0);
    }
    product(dh_next, d, packed_ut, 0, s.carried, H, R, G, 1, H, cell.reset != 0);
    if (mask) for (long j = 0; j < (long)s.carried * H; j++) dh_next[j] *= mask[j];
    if (links)
      for (long b = 0; b < s.carried; b++)
        for (long j = b * H; j < (b + 1) * H; j++) dh_next[j] *= links[s.at + b], dc[j] *= links[s.at + b];
    arrived = s.carried;
    float *swap = dc;
    dc = dc_next, dc_next = swap;
  }
}

// The three kernels of a cell.
#define RECURRENCE(name, clocked, ...)                                                                                 \
  void EXPORT(name##_forward)(float *restrict h, float *restrict saved, float *restrict c, float *restrict h_prev,     \
                              float *restrict reset, float *restrict pre, const float *restrict packed_u,              \
                              const float *restrict packed_v, const float *restrict own, const float *restrict beside, \
                              const float *restrict mask, const int *restrict rows, int T, int H, int ldh,             \
                              int reverse) {                                                                           \
    recurrence_forward((Cell)__VA_ARGS__, clocked, h, saved, c, h_prev, reset, pre, packed_u, packed_v, own, beside,   \
                       mask, rows, T, H, ldh, reverse);                                                                \
  }                                                                                                                    \
  void EXPORT(name##_infer)(float *restrict h, float *restrict c, float *restrict scratch,                             \
                            const float *restrict table, const int *restrict ids, const float *restrict packed_u,      \
                            const float *restrict packed_v, const float *restrict own, const float *restrict beside,   \
                            const int *restrict rows, int T, int H, int ld, int ldh, int reverse) {                    \
    recurrence_infer((Cell)__VA_ARGS__, clocked, h, c, scratch, table, ids, packed_u, packed_v, own, beside, rows, T,  \
                     H, ld, ldh, reverse);                                                                             \
  }                                                                                                                    \
  void EXPORT(name##_backward)(                                                                                        \
      float *restrict dpre, float *restrict dbeside, float *restrict down, float *restrict trace,                      \
      float *restrict scratch, const float *restrict dh, const float *restrict dabove, const float *restrict saved,    \
      const float *restrict c, const float *restrict h_prev, const float *restrict packed_ut,                          \
      const float *restrict packed_vt, const float *restrict own, const float *restrict beside,                        \
      const float *restrict mask, const float *restrict links, const int *restrict rows, int T, int H, int ldd,        \
      int reverse) {                                                                                                   \
    recurrence_backward((Cell)__VA_ARGS__, clocked, dpre, dbeside, down, trace, scratch, dh, dabove, saved, c, h_prev, \
                        packed_ut, packed_vt, own, beside, mask, links, rows, T, H, ldd, reverse);                     \
  }

#include "cells/clockwork.h"
#include "cells/coupled.h"
#include "cells/gru.h"
#include "cells/lstm.h"
#include "cells/peephole.h" // and depth-gated, which is one with a gate more
#include "cells/rnn.h"
