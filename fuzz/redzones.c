// A Node-API addon for the sanitizers: mark(array, from, to, isForbidden) forbids or allows memory accesses to bytes `from` to
// `to - 1` of an array. A kernel that accesses forbidden bytes ends the process with a report of AddressSanitizer.
#include <node_api.h>
#include <sanitizer/asan_interface.h>

static napi_value mark(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value args[4];
  void *data = NULL;
  double from = 0, to = 0;
  bool is_forbidden = false;
  if (napi_get_cb_info(env, info, &count, args, NULL, NULL) != napi_ok || count != 4 ||
      napi_get_typedarray_info(env, args[0], NULL, NULL, &data, NULL, NULL) != napi_ok ||
      napi_get_value_double(env, args[1], &from) != napi_ok || napi_get_value_double(env, args[2], &to) != napi_ok ||
      napi_get_value_bool(env, args[3], &is_forbidden) != napi_ok) {
    napi_throw_error(env, NULL, "mark(array, from, to, isForbidden)");
    return NULL;
  }
  if (is_forbidden)
    __asan_poison_memory_region((char *)data + (size_t)from, (size_t)(to - from));
  else
    __asan_unpoison_memory_region((char *)data + (size_t)from, (size_t)(to - from));
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "mark", NAPI_AUTO_LENGTH, mark, NULL, &function) == napi_ok)
    napi_set_named_property(env, exports, "mark", function);
  return exports;
}
