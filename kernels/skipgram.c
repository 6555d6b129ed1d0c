// Word vectors: skip-gram with negative sampling (Mikolov et al. 2013, "Distributed representations of words and
// phrases and their compositionality", equation 4) over bags of character n-grams (Bojanowski et al. 2017, equation 2).
//
// One table (rows + words, D) holds all vectors; D is a multiple of LANES. The vector h of a centre word w is the mean
// of its rows, those of the word and of its n-grams: subwords[owned[w]] to subwords[owned[w + 1] - 1], all less than
// `rows`. The vector v of a context word or noise word c is row rows + c. With x = h . v, the loss of a centre is the
// sum of -ln s(x) over its m contexts, and of -m ln s(-x) over its noise words; s is the logistic function. All
// contexts of a centre have the same noise words (Ji et al. 2016, "Parallelizing word2vec in shared and distributed
// memory").
//
// Training runs in rounds. In a round, each shard trains its centres one after another, on copies of the rows that it
// needs. Then the changes of all shards are added to the table in a fixed order. No shard writes data that another
// shard reads, so the result does not depend on the order of threads.
#include "elementary.h"
#include "random.h"

// table (n, ld): uniform numbers in (-scale, scale) in the first `columns` columns, 0 in the others. Element (i, j)
// depends only on (seed, stream, i, j).
void EXPORT(uniform_rows)(float *restrict table, int n, int columns, int ld, float scale, int seed, int stream) {
  const uint32_t key = mix((uint32_t)seed ^ mix((uint32_t)stream + 0x9e3779b9u));
  for (int i = 0; i < n; i++, table += ld)
    for (int j = 0; j < ld; j++) {
      const uint32_t r = mix(mix((uint32_t)i * (uint32_t)ld + (uint32_t)j + 0x9e3779b9u) ^ key) >> 8;
      table[j] = j < columns ? scale * ((float)r * (1.f / 8388608.f) - 1.f) : 0.f;
    }
}

// Subsampling of frequent words: kept = the elements of ids (n) that are kept, in order; count[0] = their number, at
// most n. Word w is kept with probability (keep[w] + 1) / 2^32. Every -1 (a sentence separator) is kept. No aliasing.
void EXPORT(skipgram_subsample)(int *restrict kept, int *restrict count, const int *restrict ids,
                                const uint32_t *restrict keep, int n, int seed, int stream) {
  const uint32_t key = mix((uint32_t)seed ^ mix((uint32_t)stream + 0x7f4a7c15u));
  int k = 0;
  for (int i = 0; i < n; i++) {
    kept[k] = ids[i];
    k += ids[i] < 0 || mix(mix((uint32_t)i + 0x9e3779b9u) ^ key) <= keep[ids[i]];
  }
  count[0] = k;
}

INLINE uint32_t draw(uint64_t *state) { // a linear congruential generator, Knuth's MMIX
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 32);
}
INLINE int random_below(uint64_t *state, int limit) { return (int)((uint64_t)draw(state) * (uint32_t)limit >> 32); }

// The sum of the lanes, computed pairwise, so that one instruction adds the halves of a register.
INLINE float sum_(V x) {
  union {
    V all;
    float lane[LANES];
  } u = {x};
#pragma GCC unroll 8
  for (int half = LANES / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int j = 0; j < half; j++) u.lane[j] += u.lane[j + half];
  return u.lane[0];
}
INLINE float dot_(const float *a, const float *b, int D) {
  V sum = {0};
  for (int j = 0; j < D; j += LANES) sum += load(a + j) * load(b + j);
  return sum_(sum);
}

// The numbers of a round, the same for all shards.
typedef struct {
  int n, words, rows, D, window, negatives, seed, stream;
} Round;

// The rows that a shard has copied. slots (rows + words): the index of a row in `values`, or -1. touched: the number of
// copied rows, then the rows.
typedef struct {
  float *values;
  int *slots, *touched;
  const float *table;
  int D;
} Copies;
INLINE float *copy_of(Copies *c, int row) {
  int slot = c->slots[row];
  if (slot < 0) {
    slot = c->slots[row] = c->touched[0]++;
    c->touched[slot + 1] = row;
    const float *from = c->table + (long)row * c->D;
    float *to = c->values + (long)slot * c->D;
    for (int j = 0; j < c->D; j += LANES) store(to + j, load(from + j));
  }
  return c->values + (long)slot * c->D;
}

// Trains one centre, whose rows are `members` (size). For every target with vector v, step = -learning_rate dloss/dx: v
// += step h, and each row of the centre += the sum over targets of step v, with v before its update. As in word2vec and
// fastText, each row of the centre gets the gradient of h, not divided by the number of rows. If `loss` is not 0,
// loss[0] += the loss, each term before its update. h and change (D) are scratch.
INLINE void centre_(Copies *c, float *restrict h, float *restrict change, const int *members, int size,
                    const int *targets, const float *weights, int T, int rows, float learning_rate, double *loss) {
  const int D = c->D;
  for (int j = 0; j < D; j += LANES) store(h + j, (V){0}), store(change + j, (V){0});
  for (int r = 0; r < size; r++) {
    const float *from = copy_of(c, members[r]);
    for (int j = 0; j < D; j += LANES) store(h + j, load(h + j) + load(from + j));
  }
  const float fraction = 1.f / (float)size;
  for (int j = 0; j < D; j += LANES) store(h + j, load(h + j) * fraction);
  for (int t = 0; t < T; t++) {
    float *v = copy_of(c, rows + targets[t]);
    const float x = weights[t] < 0 ? -dot_(h, v, D) : dot_(h, v, D);
    const V step = -learning_rate * weights[t] * sigmoid_(splat(x));
    for (int j = 0; j < D; j += LANES) {
      const V old = load(v + j);
      store(change + j, load(change + j) + step * old);
      store(v + j, old + step * load(h + j));
    }
    if (loss) { // |weight| ln(1 + e^x)
      const V e = exp_(splat(x < 0 ? x : -x));
      *loss += (weights[t] < 0 ? -weights[t] : weights[t]) * ((x < 0 ? 0 : x) + log_(1.0 + e[0]));
    }
  }
  for (int r = 0; r < size; r++) {
    float *to = copy_of(c, members[r]);
    for (int j = 0; j < D; j += LANES) store(to + j, load(to + j) + load(change + j));
  }
}

#define MOST_TARGETS 1024
#define LOSS_EVERY 16

// A shard's part of a round: trains the centres kept[begin] to kept[end - 1] of kept (round.n). A window has 1 to
// `window` words on each side, all widths with equal probability, within the sentence. `negatives` noise words are
// drawn from noise (words, 2), the alias table of their distribution (Walker 1977): a uniform draw i gives i with
// probability (noise[i][0] + 1) / 2^32, else noise[i][1]. Noise words that are contexts of the centre are skipped. 2
// window + negatives <= MOST_TARGETS. Random numbers depend only on (seed, stream, position). Overwrites the copies of
// the previous round (values, slots, touched); skipgram_merge reads them. Accumulates loss (2): the loss of one centre
// in LOSS_EVERY, and its number of contexts. `plan` is a Round; scratch (2, D). No aliasing.
void EXPORT(skipgram_shard)(float *restrict values, int *restrict slots, int *restrict touched, float *restrict scratch,
                            double *restrict loss, const float *restrict table, const int *restrict subwords,
                            const int *restrict owned, const int *restrict kept, const int *restrict noise,
                            const int *restrict plan, int begin, int end, float learning_rate) {
  const Round *round = (const Round *)plan;
  Copies copies = {.values = values, .slots = slots, .touched = touched, .table = table, .D = round->D};
  int targets[MOST_TARGETS];
  float weights[MOST_TARGETS];
  for (int i = 0; i < touched[0]; i++) slots[touched[i + 1]] = -1;
  touched[0] = 0;
  const uint32_t key = mix((uint32_t)round->seed ^ mix((uint32_t)round->stream + 0x3c6ef372u));
  for (int p = begin; p < end; p++) {
    if (kept[p] < 0) continue;
    uint64_t state = (uint64_t)mix(mix((uint32_t)p + 0x9e3779b9u) ^ key) << 32 | (uint32_t)p;
    const int reach = 1 + random_below(&state, round->window);
    int m = 0;
    for (int q = p - 1; q >= 0 && q >= p - reach && kept[q] >= 0; q--) targets[m++] = kept[q];
    for (int q = p + 1; q < round->n && q <= p + reach && kept[q] >= 0; q++) targets[m++] = kept[q];
    if (m == 0) continue;
    for (int t = 0; t < m; t++) weights[t] = -1.f;
    int T = m;
    for (int k = 0; k < round->negatives; k++) {
      const int i = random_below(&state, round->words);
      const int word = draw(&state) <= (uint32_t)noise[2 * (long)i] ? i : noise[2 * (long)i + 1];
      int is_context = 0;
      for (int t = 0; t < m; t++) is_context |= targets[t] == word;
      targets[T] = word;
      weights[T] = (float)m;
      T += !is_context;
    }
    const int is_measured = p % LOSS_EVERY == 0;
    centre_(&copies, scratch, scratch + round->D, subwords + owned[kept[p]], owned[kept[p] + 1] - owned[kept[p]],
            targets, weights, T, round->rows, learning_rate, is_measured ? loss : 0);
    if (is_measured) loss[1] += m;
  }
}

// Ends a round, for the rows that shard s of S (at most 16) was the first to copy: table += the changes of each shard's
// copy, in the order of shards. table (size, D); values (S, capacity, D); slots (S, size); touched (S, capacity + 1).
// No aliasing.
void EXPORT(skipgram_merge)(float *restrict table, const float *restrict values, const int *restrict slots,
                            const int *restrict touched, int s, int S, int size, int capacity, int D) {
  const int *list = touched + (long)s * (capacity + 1);
  for (int i = 1; i <= list[0]; i++) {
    const int row = list[i];
    const float *copies[16];
    int first = 0, count = 0;
    while (slots[(long)first * size + row] < 0) first++;
    if (first < s) continue;
    for (int k = s; k < S; k++) {
      const int slot = slots[(long)k * size + row];
      if (slot >= 0) copies[count++] = values + ((long)k * capacity + slot) * D;
    }
    float *to = table + (long)row * D;
    for (int j = 0; j < D; j += LANES) {
      const V old = load(to + j);
      V sum = load(copies[0] + j);
      for (int k = 1; k < count; k++) sum += load(copies[k] + j) - old;
      store(to + j, sum);
    }
  }
}
