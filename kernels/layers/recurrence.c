// Recurrent layers: one direction of one layer over a packed batch, for any cell.
//
// This file iterates over the steps and computes the matrix products. A cell (cells/*.h) is pointwise: it computes c
// and h of one row from its pre-activations and the previous state, and the gradients of these. A cell has G blocks of
// H pre-activations. The recurrent product with U (H, R H) is added to the first R blocks. A cell with a `reset`
// function (GRU) derives a second input from h, whose product with V (H, H) is added to block R. Every cell carries h
// and c from step to step. Cells without a cell state keep h, before dropout, in c.
#include "../batch.h"
#include "../elementary.h"
#include "../gemm.h"

// The inputs and outputs of a cell for one row. A null input counts as zeros; a null output is not written.
typedef struct {
  const float *pre;       // (G, H) pre-activations
  const float *recurrent; // (G, H) to add to them, or 0
  const float *c_prev;    // (H) 0 at the beginning of a sentence
  const float *h_prev;    // (H) after the dropout mask; zeros or 0 at the beginning of a sentence
  const float *per_unit;  // peephole weights (., H), or the modules of units (H integers)
  const float *per_row;   // (H) an input that is not multiplied by a matrix: the cell state of the lower layer
  int clock;              // the modules that are updated at this row, as bits
  float *c, *h, *reset;   // (H) outputs
  float *saved;           // (S, H) values for backward, or 0
  // Backward. saved, c, c_prev, h_prev, per_unit and per_row are as in forward.
  const float *dh, *dh_next;       // (H) gradients from the layer above, and from the next step (or 0)
  const float *dc_next, *dc_above; // (H) gradients of c (each may be 0)
  const float *dreset;             // (H)
  float *dpre;                     // (G, H) output
  float *dc, *dper_row;            // (H) outputs: the gradients of the previous c, and of per_row
  float *dper_unit;                // accumulated
} Row;

typedef void Pointwise(const Row *r, int H);
typedef struct {
  int gates, recurrent, saved; // G, R, S
  int c_is_h;                  // c holds h: the gradient of c is a part of that of h
  Pointwise *step, *step_backward;
  Pointwise *reset, *reset_backward; // or 0
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

// Forward for training: h from pre = x W + b.
//   for every step: pre += (h_prev mask) U, then the cell's equations.
// In: packed_u = U packed (packed_v = V), mask (batch_sizes[0], H) or 0 (variational recurrent dropout, Gal &
// Ghahramani 2016), per_unit, per_row: (N, H) floats, or (N) clocks if `clocked`. In and out: pre (N, G H), on output
// the complete pre-activations. Out: h (N, H), rows `ldh` floats apart. Saves for backward: saved (N, S H), c (N, H),
// h_prev (N, H; after the mask) and, if the cell has it, reset (N, H). No aliasing.
INLINE void recurrence_forward(const Cell cell, const int clocked, float *h, float *saved, float *c, float *h_prev,
                               float *reset, float *pre, const float *packed_u, const float *packed_v,
                               const float *per_unit, const float *per_row, const float *mask, const int *batch_sizes,
                               int T, int H, int ldh, int reverse) {
  const int G = cell.gates * H, R = cell.recurrent * H;
  Step s = before_first(batch_sizes, T, reverse, 0);
  while (next(&s, batch_sizes, T, reverse)) {
    for (int b = 0; b < s.n; b++) {
      float *to = h_prev + (long)(s.at + b) * H;
      const float *from = h + (long)(s.before + b) * ldh, *keep = mask + (long)b * H;
      if (b >= s.carried)
        for (int j = 0; j < H; j++) to[j] = 0.f;
      else if (mask)
        for (int j = 0; j < H; j++) to[j] = from[j] * keep[j];
      else
        for (int j = 0; j < H; j++) to[j] = from[j];
    }
    product(pre + (long)s.at * G, h_prev + (long)s.at * H, packed_u, 0, s.carried, R, H, H, 1, G, 1);
    for (int pass = cell.reset ? 0 : 1; pass < 2; pass++) {
      for (int b = 0; b < s.n; b++) {
        const long row = s.at + b;
        const Row r = {
            .pre = pre + row * G,
            .c_prev = b < s.carried ? c + (long)(s.before + b) * H : 0,
            .h_prev = h_prev + row * H,
            .per_unit = per_unit,
            .per_row = clocked ? 0 : per_row + row * H,
            .clock = clocked ? ((const int *)per_row)[row] : 0,
            .c = c + row * H,
            .h = h + row * ldh,
            .reset = reset + row * H,
            .saved = saved + row * cell.saved * H,
        };
        if (pass) cell.step(&r, H);
        else cell.reset(&r, H);
      }
      if (!pass) product(pre + (long)s.at * G + R, reset + (long)s.at * H, packed_v, 0, s.carried, H, H, H, 1, G, 1);
    }
  }
}

// Forward for tagging: the same h; saves nothing. The input part of row r's pre-activations is table[ids[r]], or
// table[r] if ids is 0. Rows of table are `ld` floats apart. scratch (batch_sizes[0], (G + 3) H). c (N, H) receives the
// states, or is 0. No aliasing.
INLINE void recurrence_infer(const Cell cell, const int clocked, float *h, float *c, float *scratch, const float *table,
                             const int *ids, const float *packed_u, const float *packed_v, const float *per_unit,
                             const float *per_row, const int *batch_sizes, int T, int H, int ld, int ldh, int reverse) {
  const int G = cell.gates * H, R = cell.recurrent * H, B = T > 0 ? batch_sizes[0] : 0;
  float *recurrent = scratch, *reset = recurrent + (long)B * G, *now = reset + (long)B * H, *then = now + (long)B * H;
  Step s = before_first(batch_sizes, T, reverse, 0);
  while (next(&s, batch_sizes, T, reverse)) {
    // Rows of a large table are not in the processor's cache: prefetches them during the product.
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
            .per_unit = per_unit,
            .per_row = clocked ? 0 : per_row + row * H,
            .clock = clocked ? ((const int *)per_row)[row] : 0,
            .c = c_now + i * H,
            .h = h + row * ldh,
            .reset = reset + i * H,
        };
        if (pass) cell.step(&r, H);
        else cell.reset(&r, H);
      }
      if (!pass) product(recurrent + R, reset, packed_v, 0, s.carried, H, H, H, 1, G, 0);
    }
    float *swap = now;
    now = then, then = swap;
  }
}

// Backward: dpre (N, G H), the gradient of the pre-activations, from dh (N, H; rows `ldd` floats apart) and the values
// that forward saved. packed_ut = U^T (R H, H) packed (packed_vt = V^T). Out: dpre; dper_row (N, H), if the cell has
// it; dh_total (N, H) or 0, the complete gradient of h. Accumulates: dper_unit, if the cell has it. In: dc_above (N, H)
// or 0, a gradient of c from another layer; truncation_mask (N) or 0, a factor of the gradients that a row passes to
// the previous step: 0 ends backpropagation there. scratch (batch_sizes[0], 4 H). No aliasing. The caller computes the
// other gradients from dpre, each by one GEMM or sum over all steps: dU = h_prev^T dpre, dV = reset^T dpre, dW = x^T
// dpre, db = its column sums, dx = dpre W^T.
INLINE void recurrence_backward(const Cell cell, const int clocked, float *dpre, float *dper_row, float *dper_unit,
                                float *dh_total, float *scratch, const float *dh, const float *dc_above,
                                const float *saved, const float *c, const float *h_prev, const float *packed_ut,
                                const float *packed_vt, const float *per_unit, const float *per_row, const float *mask,
                                const float *truncation_mask, const int *batch_sizes, int T, int H, int ldd,
                                int reverse) {
  const int G = cell.gates * H, R = cell.recurrent * H, B = T > 0 ? batch_sizes[0] : 0;
  float *dh_next = scratch, *dreset = dh_next + (long)B * H, *dc = dreset + (long)B * H, *dc_next = dc + (long)B * H;
  int arrived = 0; // the first `arrived` rows have gradients from the next step
  Step s = before_first(batch_sizes, T, reverse, 1);
  while (next(&s, batch_sizes, T, reverse)) {
    float *d = dpre + (long)s.at * G;
    for (int pass = 0; pass < (cell.reset ? 2 : 1); pass++) {
      for (long b = 0; b < s.n; b++) {
        const long row = s.at + b;
        const Row r = {
            .c_prev = b < s.carried ? c + (s.before + b) * H : 0,
            .h_prev = h_prev + row * H,
            .per_unit = per_unit,
            .per_row = clocked ? 0 : per_row + row * H,
            .clock = clocked ? ((const int *)per_row)[row] : 0,
            .c = (float *)c + row * H,
            .saved = (float *)saved + row * cell.saved * H,
            .dh = dh + row * ldd,
            .dh_next = b < arrived ? dh_next + b * H : 0,
            .dc_next = b < arrived ? dc_next + b * H : 0,
            .dc_above = dc_above ? dc_above + row * H : 0,
            .dreset = b < s.carried ? dreset + b * H : 0,
            .dpre = d + b * G,
            .dc = pass ? dh_next + b * H : dc + b * H,
            .dper_row = dper_row + row * H,
            .dper_unit = dper_unit,
        };
        if (dh_total && !pass)
          for (int j = 0; j < H; j++)
            dh_total[row * H + j] =
                r.dh[j] + (r.dh_next ? r.dh_next[j] : 0.f) + (cell.c_is_h && r.dc_next ? r.dc_next[j] : 0.f);
        if (pass) cell.reset_backward(&r, H);
        else cell.step_backward(&r, H);
      }
      if (cell.reset && !pass) product(dreset, d + R, packed_vt, 0, s.carried, H, H, G, 1, H, 0);
    }
    product(dh_next, d, packed_ut, 0, s.carried, H, R, G, 1, H, cell.reset != 0);
    if (mask)
      for (long j = 0; j < (long)s.carried * H; j++) dh_next[j] *= mask[j];
    if (truncation_mask)
      for (long b = 0; b < s.carried; b++)
        for (long j = b * H; j < (b + 1) * H; j++)
          dh_next[j] *= truncation_mask[s.at + b], dc[j] *= truncation_mask[s.at + b];
    arrived = s.carried;
    float *swap = dc;
    dc = dc_next, dc_next = swap;
  }
}

// Defines the three kernels of a cell. `clocked`: per_row has clocks. Contracts as above.
#define RECURRENCE(name, clocked, ...)                                                                                 \
  void EXPORT(name##_forward)(float *restrict h, float *restrict saved, float *restrict c, float *restrict h_prev,     \
                              float *restrict reset, float *restrict pre, const float *restrict packed_u,              \
                              const float *restrict packed_v, const float *restrict per_unit,                          \
                              const float *restrict per_row, const float *restrict mask,                               \
                              const int *restrict batch_sizes, int T, int H, int ldh, int reverse) {                   \
    recurrence_forward((Cell)__VA_ARGS__, clocked, h, saved, c, h_prev, reset, pre, packed_u, packed_v, per_unit,      \
                       per_row, mask, batch_sizes, T, H, ldh, reverse);                                                \
  }                                                                                                                    \
  void EXPORT(name##_infer)(float *restrict h, float *restrict c, float *restrict scratch,                             \
                            const float *restrict table, const int *restrict ids, const float *restrict packed_u,      \
                            const float *restrict packed_v, const float *restrict per_unit,                            \
                            const float *restrict per_row, const int *restrict batch_sizes, int T, int H, int ld,      \
                            int ldh, int reverse) {                                                                    \
    recurrence_infer((Cell)__VA_ARGS__, clocked, h, c, scratch, table, ids, packed_u, packed_v, per_unit, per_row,     \
                     batch_sizes, T, H, ld, ldh, reverse);                                                             \
  }                                                                                                                    \
  void EXPORT(name##_backward)(                                                                                        \
      float *restrict dpre, float *restrict dper_row, float *restrict dper_unit, float *restrict dh_total,             \
      float *restrict scratch, const float *restrict dh, const float *restrict dc_above, const float *restrict saved,  \
      const float *restrict c, const float *restrict h_prev, const float *restrict packed_ut,                          \
      const float *restrict packed_vt, const float *restrict per_unit, const float *restrict per_row,                  \
      const float *restrict mask, const float *restrict truncation_mask, const int *restrict batch_sizes, int T,       \
      int H, int ldd, int reverse) {                                                                                   \
    recurrence_backward((Cell)__VA_ARGS__, clocked, dpre, dper_row, dper_unit, dh_total, scratch, dh, dc_above, saved, \
                        c, h_prev, packed_ut, packed_vt, per_unit, per_row, mask, truncation_mask, batch_sizes, T, H,  \
                        ldd, reverse);                                                                                 \
  }

#include "cells/clockwork.h"
#include "cells/coupled.h"
#include "cells/gru.h"
#include "cells/lstm.h"
#include "cells/peephole.h" // also the depth-gated LSTM
#include "cells/rnn.h"
