/* Registers the functions of functions.def with Node, under their own names. Deno and Bun call the same functions directly. */
#include <stdlib.h>
#include <string.h>

#include "node/uv.h"
#include "polyproc.h"
#include "wait/inbox.h"

#define MOST_ARGUMENTS 6

extern int napi_get_typedarray_info(napi_env, napi_value, int *, size_t *, void **, napi_value *, size_t *) PP_WEAK;
extern int napi_create_external_arraybuffer(napi_env, void *, size_t, void (*)(napi_env, void *, void *), void *, napi_value *) PP_WEAK;
extern int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *) PP_WEAK;
extern int napi_set_named_property(napi_env, napi_value, const char *, napi_value) PP_WEAK;
extern int napi_throw_type_error(napi_env, const char *, const char *) PP_WEAK;
extern int napi_add_env_cleanup_hook(napi_env, void (*)(void *), void *) PP_WEAK;

union argument {
  int32_t i;
  void *p;
};

struct function {
  const char *name;
  char signature[MOST_ARGUMENTS + 1]; /* i: a number, p: a typed array */
  int32_t (*call)(const union argument *a);
};

/* One wrapper for each function, which takes its arguments out of an array. ARGUMENTS(i, p, i) is a[0].i, a[1].p, a[2].i. */
#define ARGUMENTS_1(A) a[0].A
#define ARGUMENTS_2(A, B) a[0].A, a[1].B
#define ARGUMENTS_3(A, B, C) a[0].A, a[1].B, a[2].C
#define ARGUMENTS_4(A, B, C, D) a[0].A, a[1].B, a[2].C, a[3].D
#define ARGUMENTS_5(A, B, C, D, E) a[0].A, a[1].B, a[2].C, a[3].D, a[4].E
#define ARGUMENTS_6(A, B, C, D, E, F) a[0].A, a[1].B, a[2].C, a[3].D, a[4].E, a[5].F
#define CHOOSE(A, B, C, D, E, F, CHOSEN, ...) CHOSEN
#define ARGUMENTS(...) CHOOSE(__VA_ARGS__, ARGUMENTS_6, ARGUMENTS_5, ARGUMENTS_4, ARGUMENTS_3, ARGUMENTS_2, ARGUMENTS_1, )(__VA_ARGS__)
#define I(name) i
#define P(type, name) p
#define FUNCTION_0(name) \
  static int32_t call_##name(const union argument *a) { \
    (void)a; \
    return pp_##name(); \
  }
#define FUNCTION(name, ...) \
  static int32_t call_##name(const union argument *a) { return pp_##name(ARGUMENTS(__VA_ARGS__)); }
#include "functions.def"
#undef FUNCTION
#undef FUNCTION_0
#undef P
#undef I

#define I(name) 'i'
#define P(type, name) 'p'
#define FUNCTION_0(name) {"pp_" #name, "", call_##name},
#define FUNCTION(name, ...) {"pp_" #name, {__VA_ARGS__}, call_##name},
static const struct function functions[] = {
#include "functions.def"
};

static int read_argument(napi_env env, napi_value value, char kind, union argument *out) {
  if (kind == 'i') return napi_get_value_int32(env, value, &out->i);
  return napi_get_typedarray_info(env, value, NULL, NULL, &out->p, NULL, NULL);
}

static napi_value call_function(napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS], result = NULL;
  union argument arguments[MOST_ARGUMENTS];
  size_t count = MOST_ARGUMENTS;
  void *data = NULL;
  napi_get_cb_info(env, info, &count, values, NULL, &data);
  const struct function *function = data;
  for (size_t i = 0; function->signature[i] != '\0'; i++) {
    if (i < count && read_argument(env, values[i], function->signature[i], &arguments[i]) == 0) continue;
    napi_throw_type_error(env, NULL, function->name);
    return NULL;
  }
  napi_create_int32(env, function->call(arguments), &result);
  return result;
}

/* Makes an ArrayBuffer over the memory at {address, size}, without a copy. The result is undefined if the engine refuses foreign memory. */
static napi_value view_memory(napi_env env, napi_callback_info info) {
  napi_value argument, result = NULL;
  size_t count = 1;
  void *range = NULL;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (count < 1 || napi_get_typedarray_info(env, argument, NULL, NULL, &range, NULL, NULL) != 0) return NULL;
  uint64_t words[2];
  memcpy(words, range, sizeof words);
  napi_create_external_arraybuffer(env, (void *)(uintptr_t)words[0], (size_t)words[1], NULL, NULL, &result);
  return result;
}

/* A worker thread may end without closing its queues and locks, while the process lives on. They are closed here. */
static void thread_ends(void *mark) {
  free(mark);
  pp_inbox_close_own();
}

/* A thread may load this library more than once: each realm of a test runner does, and each copy of the package. Node aborts when it gets
 * the same hook with the same argument again, so each hook has an argument of its own. */
static void hear_end_of_thread(napi_env env) {
  void *mark = malloc(1);
  if (mark != NULL && napi_add_env_cleanup_hook(env, thread_ends, mark) != 0) free(mark);
}

PP_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports);
PP_EXPORT int32_t node_api_module_get_api_version_v1(void);

int32_t node_api_module_get_api_version_v1(void) { return 8; }

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback callback, const void *data) {
  napi_value function;
  napi_create_function(env, name, SIZE_MAX, callback, (void *)(uintptr_t)data, &function);
  napi_set_named_property(env, exports, name, function);
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    export_function(env, exports, functions[i].name, call_function, &functions[i]);
  export_function(env, exports, "view_memory", view_memory, NULL);
  if (pp_uv_watch_socket() != NULL) export_function(env, exports, "watch_socket", pp_uv_watch_socket(), NULL);
  hear_end_of_thread(env);
  return exports;
}
