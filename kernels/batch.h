// Packed batches, and iteration over their time steps.
//
// Sentences are sorted by descending length. batch_sizes[t] sentences have a token t. Its row for sentence b is
// (batch_sizes[0] + ... + batch_sizes[t - 1]) + b: the rows of one step are contiguous.
#pragma once
#include "vector.h"

// Step t has the rows [at, at + n). The first `carried` rows have a state from the previous step (in the order of the
// recurrence), whose rows begin at `before`. `reverse`: the recurrence runs from the last token of a sentence to the
// first. `backward`: the iteration runs against the recurrence, as in backpropagation.
typedef struct {
  int t, at, n, carried, before, up;
} Step;
INLINE Step before_first(const int *batch_sizes, int T, int reverse, int backward) {
  const int up = reverse == backward;
  int N = 0;
  for (int t = 0; t < T; t++) N += batch_sizes[t];
  return up ? (Step){.t = -1, .at = 0, .n = 0, .up = 1} : (Step){.t = T, .at = N, .n = 0, .up = 0};
}
INLINE int next(Step *s, const int *batch_sizes, int T, int reverse) {
  s->at += s->up ? s->n : 0;
  s->t += s->up ? 1 : -1;
  if (s->t < 0 || s->t >= T) return 0;
  s->n = batch_sizes[s->t];
  s->at -= s->up ? 0 : s->n;
  s->carried = reverse ? (s->t + 1 < T ? batch_sizes[s->t + 1] : 0) : (s->t > 0 ? s->n : 0);
  s->before = reverse ? s->at + s->n : (s->t > 0 ? s->at - batch_sizes[s->t - 1] : 0);
  return 1;
}
