// The Node-API addon. It exports `single`, the kernels of kernels.h at the best instruction-set level of this
// processor. If processor and system have AMX, it also exports `bfloat16`, whose matrix products round their factors to
// bfloat16.
//
// Both have attach(Uint8Array), which returns the kernels over an arena. The arena must never move; a shared
// WebAssembly.Memory does not. Pointers are byte offsets into the arena, as in WebAssembly, and 0 is the null pointer.
// Arenas are independent of each other. Each worker thread calls attach.
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif
#ifdef WITH_AMX
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "kernels.h"

typedef struct {
  const char *isa;
  int (*panel_width)(void);
#define FIELD(name, kinds, types) void(*name) types;
  KERNELS(FIELD)
} Level;

#define LEVEL(suffix)                                                                                                  \
  int panel_width##suffix(void);                                                                                       \
  KERNELS(DECLARE##suffix)                                                                                             \
  static const Level level##suffix = {&#suffix[1], panel_width##suffix, KERNELS(ENTRY##suffix)};
#define DECLARE_amx(name, kinds, types) void name##_amx types;
#define ENTRY_amx(name, kinds, types) name##_amx,
#define DECLARE_avx512(name, kinds, types) void name##_avx512 types;
#define ENTRY_avx512(name, kinds, types) name##_avx512,
#define DECLARE_avx2(name, kinds, types) void name##_avx2 types;
#define ENTRY_avx2(name, kinds, types) name##_avx2,
#define DECLARE_base(name, kinds, types) void name##_base types;
#define ENTRY_base(name, kinds, types) name##_base,

#if defined(__x86_64__)
LEVEL(_avx512)
LEVEL(_avx2)
#endif
LEVEL(_base)
#ifdef WITH_AMX
LEVEL(_amx)
#endif

// The environment variable SEQTAG_ISA (avx512, avx2 or base) selects a lower level, for measurements and tests.
static const Level *best_level(void) {
#if defined(__x86_64__)
  const char *asked = getenv("SEQTAG_ISA");
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (asked && !strcmp(asked, "base")) return &level_base;
  if (avx512 && !(asked && !strcmp(asked, "avx2"))) return &level_avx512;
  if (avx2) return &level_avx2;
#endif
  return &level_base;
}

// Linux saves the tile registers only for processes that request it.
static const Level *bfloat16_level(void) {
#ifdef WITH_AMX
  enum { REQUEST = 0x1023, TILE_DATA = 18, AVX512_BF16 = 1 << 5, AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24 };
  unsigned a, b, c, d, more;
  const int has = best_level() == &level_avx512 && __get_cpuid_count(7, 1, &more, &b, &c, &d) &&
                  __get_cpuid_count(7, 0, &a, &b, &c, &d) && (more & AVX512_BF16) && (d & AMX_TILE) && (d & AMX_BF16);
  if (has && syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0) return &level_amx;
#endif
  return NULL;
}

// Every Node-API call is checked. A failure becomes a JavaScript error, unless one is already pending.
static void *fail(napi_env env, const char *message) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) napi_throw_error(env, "SEQTAG_BACKEND", message);
  return NULL;
}
static void *fail_last(napi_env env) {
  const napi_extended_error_info *info = NULL;
  const int known = napi_get_last_error_info(env, &info) == napi_ok && info && info->error_message;
  return fail(env, known ? info->error_message : "a call of Node-API failed");
}
#define TRY(call)                                                                                                      \
  if ((call) != napi_ok) return fail_last(env)

// Kernels over one arena. Their lifetime is that of their environment (the main thread or a worker).
typedef struct Instance {
  const Level *level;
  char *arena;
  struct Instance *before;
} Instance;

// values <- the arguments of a call. Returns NULL with an error pending unless they are `expected` numbers.
#define MOST_ARGUMENTS 22
static Instance *arguments(napi_env env, napi_callback_info info, double *values, size_t expected) {
  size_t count = MOST_ARGUMENTS;
  napi_value args[MOST_ARGUMENTS];
  void *self;
  TRY(napi_get_cb_info(env, info, &count, args, NULL, &self));
  if (count != expected) return fail(env, "a kernel was called with too few or too many arguments");
  for (size_t i = 0; i < count; i++) TRY(napi_get_value_double(env, args[i], &values[i]));
  return self;
}

#define P(i) (values[i] != 0 ? (void *)(self->arena + (size_t)values[i]) : NULL)
#define I(i) (int)(int64_t)values[i] // wraps, as WebAssembly's conversion does
#define F(i) (float)values[i]
// APPLY_((P, P, I)) -> P(0), P(1), I(2)
#define APPLY_3(a, b, c) a(0), b(1), c(2)
#define APPLY_2(a, b) a(0), b(1)
#define APPLY_4(a, b, c, d) APPLY_3(a, b, c), d(3)
#define APPLY_5(a, b, c, d, e) APPLY_4(a, b, c, d), e(4)
#define APPLY_6(a, b, c, d, e, f) APPLY_5(a, b, c, d, e), f(5)
#define APPLY_7(a, b, c, d, e, f, g) APPLY_6(a, b, c, d, e, f), g(6)
#define APPLY_8(a, b, c, d, e, f, g, h) APPLY_7(a, b, c, d, e, f, g), h(7)
#define APPLY_9(a, b, c, d, e, f, g, h, i) APPLY_8(a, b, c, d, e, f, g, h), i(8)
#define APPLY_10(a, b, c, d, e, f, g, h, i, j) APPLY_9(a, b, c, d, e, f, g, h, i), j(9)
#define APPLY_11(a, b, c, d, e, f, g, h, i, j, k) APPLY_10(a, b, c, d, e, f, g, h, i, j), k(10)
#define APPLY_12(a, b, c, d, e, f, g, h, i, j, k, l) APPLY_11(a, b, c, d, e, f, g, h, i, j, k), l(11)
#define APPLY_13(a, b, c, d, e, f, g, h, i, j, k, l, m) APPLY_12(a, b, c, d, e, f, g, h, i, j, k, l), m(12)
#define APPLY_14(a, b, c, d, e, f, g, h, i, j, k, l, m, n) APPLY_13(a, b, c, d, e, f, g, h, i, j, k, l, m), n(13)
#define APPLY_15(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o) APPLY_14(a, b, c, d, e, f, g, h, i, j, k, l, m, n), o(14)
#define APPLY_16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)                                                       \
  APPLY_15(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o), p(15)
#define APPLY_17(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)                                                    \
  APPLY_16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p), q(16)
#define APPLY_18(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)                                                 \
  APPLY_17(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q), r(17)
#define APPLY_19(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s)                                              \
  APPLY_18(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r), s(18)
#define APPLY_20(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t)                                           \
  APPLY_19(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s), t(19)
#define APPLY_21(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u)                                        \
  APPLY_20(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t), u(20)
#define APPLY_22(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v)                                     \
  APPLY_21(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u), v(21)
#define PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, _22,      \
             name, ...)                                                                                                \
  name
#define APPLY(...)                                                                                                     \
  PICK(__VA_ARGS__, APPLY_22, APPLY_21, APPLY_20, APPLY_19, APPLY_18, APPLY_17, APPLY_16, APPLY_15, APPLY_14,          \
       APPLY_13, APPLY_12, APPLY_11, APPLY_10, APPLY_9, APPLY_8, APPLY_7, APPLY_6, APPLY_5, APPLY_4, APPLY_3, APPLY_2, \
       APPLY_1)                                                                                                        \
  (__VA_ARGS__)
#define COUNT(...) PICK(__VA_ARGS__, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, )

#define WRAPPER(name, kinds, types)                                                                                    \
  static napi_value call_##name(napi_env env, napi_callback_info info) {                                               \
    double values[MOST_ARGUMENTS];                                                                                     \
    const Instance *self = arguments(env, info, values, COUNT kinds);                                                  \
    if (self) self->level->name(APPLY kinds);                                                                          \
    return NULL;                                                                                                       \
  }
KERNELS(WRAPPER)

static void release(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  for (Instance *self = data, *before; self; self = before) {
    before = self->before;
    free(self);
  }
}

static napi_value attach(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value array, kernels, value;
  void *data = NULL, *before = NULL, *level;
  TRY(napi_get_cb_info(env, info, &count, &array, NULL, &level));
  TRY(napi_get_typedarray_info(env, array, NULL, NULL, &data, NULL, NULL));
#ifdef __linux__
  // for the maximum size of the arena; large pages avoid TLB misses, and a refusal costs only speed
  madvise(data, (size_t)1 << 32, MADV_HUGEPAGE);
#endif
  TRY(napi_get_instance_data(env, &before));
  Instance *self = malloc(sizeof *self);
  if (!self) return fail(env, "out of memory");
  *self = (Instance){level, data, before};
  if (napi_set_instance_data(env, self, release, NULL) != napi_ok) {
    free(self);
    return fail_last(env);
  }
  TRY(napi_create_object(env, &kernels));
  TRY(napi_set_named_property(env, kernels, "arena", array)); // keeps the memory alive as long as the kernels
#define DEFINE(name, kinds, types)                                                                                     \
  TRY(napi_create_function(env, #name, NAPI_AUTO_LENGTH, call_##name, self, &value));                                  \
  TRY(napi_set_named_property(env, kernels, #name, value));
  KERNELS(DEFINE)
  return kernels;
}

static napi_value offer(napi_env env, napi_value exports, const char *name, const Level *level) {
  napi_value offered, value;
  TRY(napi_create_object(env, &offered));
  TRY(napi_create_function(env, "attach", NAPI_AUTO_LENGTH, attach, (void *)level, &value));
  TRY(napi_set_named_property(env, offered, "attach", value));
  TRY(napi_create_int32(env, level->panel_width(), &value));
  TRY(napi_set_named_property(env, offered, "panelWidth", value));
  TRY(napi_create_string_utf8(env, level->isa, NAPI_AUTO_LENGTH, &value));
  TRY(napi_set_named_property(env, offered, "isa", value));
  TRY(napi_set_named_property(env, exports, name, offered));
  return exports;
}

NAPI_MODULE_INIT() {
  const Level *bfloat16 = bfloat16_level();
  if (!offer(env, exports, "single", best_level())) return NULL;
  return bfloat16 ? offer(env, exports, "bfloat16", bfloat16) : exports;
}
