// The list of all kernels. The Node-API addon makes its wrappers from it. P is a pointer (in TypeScript, an address in
// the arena, or 0), I a 32-bit integer, F a 32-bit float. src/backend/kernels.ts has the same list with types.
#pragma once
#include <stdint.h>

// clang-format off
#define CELL(X, cell)                                                                                  \
  X(cell##_forward,        (P,P,P,P,P,P,P,P,P,P,P,P,I,I,I,I), (float*,float*,float*,float*,float*,float*,const float*,const float*,const float*,const float*,const float*,const int*,int,int,int,int)) \
  X(cell##_infer,          (P,P,P,P,P,P,P,P,P,P,I,I,I,I,I), (float*,float*,float*,const float*,const int*,const float*,const float*,const float*,const float*,const int*,int,int,int,int,int)) \
  X(cell##_backward,       (P,P,P,P,P,P,P,P,P,P,P,P,P,P,P,P,P,I,I,I,I), (float*,float*,float*,float*,float*,const float*,const float*,const float*,const float*,const float*,const float*,const float*,const float*,const float*,const float*,const float*,const int*,int,int,int,int))
#define KERNELS(X)                                                                                     \
  X(gemm_pack,             (P,P,I,I,I,I),                 (float*,const float*,int,int,int,int))        \
  X(gemm,                  (P,P,P,P,I,I,I,I,I,I,I),       (float*,const float*,const float*,const float*,int,int,int,int,int,int,int)) \
  X(column_sums,           (P,P,I,I,I),                   (float*,const float*,int,int,int))            \
  CELL(X, lstm)                                                                                         \
  CELL(X, peephole)                                                                                     \
  CELL(X, depth_gated)                                                                                  \
  CELL(X, coupled)                                                                                      \
  CELL(X, gru)                                                                                          \
  CELL(X, rnn_tanh)                                                                                     \
  CELL(X, rnn_relu)                                                                                     \
  CELL(X, clockwork)                                                                                    \
  X(merge_forward,         (P,P,I,I,I),                   (float*,const float*,int,int,int))            \
  X(merge_backward,        (P,P,P,I,I,I),                 (float*,const float*,const float*,int,int,int)) \
  X(add,                   (P,P,I),                       (float*,const float*,int))                    \
  X(highway_forward,       (P,P,P,P,I),                   (float*,float*,const float*,const float*,int)) \
  X(highway_backward,      (P,P,P,P,P,P,P,I),             (float*,float*,float*,const float*,const float*,const float*,const float*,int)) \
  X(tanh_forward,          (P,I),                         (float*,int))                                 \
  X(tanh_backward,         (P,P,I),                       (float*,const float*,int))                    \
  X(rows_gather,           (P,P,P,I,I,I),                 (float*,const float*,const int*,int,int,int))  \
  X(rows_scatter_add,      (P,P,P,I,I,I),                 (float*,const float*,const int*,int,int,int))  \
  X(segment_sum,           (P,P,P,P,I,I,I),               (float*,const float*,const int*,const int*,int,int,int)) \
  X(segment_scatter_add,   (P,P,P,P,I,I),                 (float*,const float*,const int*,const int*,int,int)) \
  X(char_conv_forward,     (P,P,P,P,P,P,I,I,I,I),         (float*,int*,const float*,const float*,const int*,const int*,int,int,int,int)) \
  X(char_conv_backward,    (P,P,P,P,P,P,I,I,I,I),         (float*,float*,const float*,const int*,const int*,const int*,int,int,int,int)) \
  X(dropout_mask,          (P,I,F,I,I),                   (float*,int,float,int,int))                    \
  X(dropout_apply,         (P,P,P,I,I,I),                 (float*,const float*,const int*,int,int,int))  \
  X(softmax_cross_entropy, (P,P,P,P,P,P,I,I,F,F),         (float*,float*,const float*,const int*,const float*,const float*,int,int,float,float)) \
  X(argmax,                (P,P,I,I),                     (int*,const float*,int,int))                   \
  X(crf_pack,              (P,P,P,P,P,I),                 (float*,const float*,const float*,const float*,const int*,int)) \
  X(crf_loss,              (P,P,P,P,P,P,P,P,P,P,P,I,I,F), (float*,float*,float*,float*,float*,float*,const float*,const float*,const int*,const float*,const int*,int,int,float)) \
  X(crf_decode,            (P,P,P,P,P,P,P,P,I,I),         (int*,float*,float*,const float*,const float*,const int*,const float*,const int*,int,int)) \
  X(sum_shards,            (P,P,I,I,I),                   (float*,float*,int,int,int))                   \
  X(measure,               (P,P,I),                       (double*,const float*,int))                    \
  X(widen_halves,          (P,I),                         (float*,int))                                 \
  X(sgd,                   (P,P,P,P,I,I,F,F,F,F,F),       (float*,float*,const float*,const int*,int,int,float,float,float,float,float)) \
  X(adam,                  (P,P,P,P,P,I,I,F,F,F,F,F,F,F,F,F), (float*,float*,float*,const float*,const int*,int,int,float,float,float,float,float,float,float,float,float)) \
  X(uniform_rows,          (P,I,I,I,F,I,I),               (float*,int,int,int,float,int,int))            \
  X(skipgram_subsample,    (P,P,P,P,I,I,I),               (int*,int*,const int*,const uint32_t*,int,int,int)) \
  X(skipgram_shard,        (P,P,P,P,P,P,P,P,P,P,P,I,I,F), (float*,int*,int*,float*,double*,const float*,const int*,const int*,const int*,const int*,const int*,int,int,float)) \
  X(skipgram_merge,        (P,P,P,P,I,I,I,I,I),           (float*,const float*,const int*,const int*,int,int,int,int,int)) \
  X(fma_peak,              (P,I),                         (float*,int))
// clang-format on
