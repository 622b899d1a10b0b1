/* The door for Node: each function of polyproc.h under its own name. Deno and Bun call the same functions directly. */
#include "napi.h"

#include <string.h>

#include "inbox.h"
#include "polyproc.h"

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
  const char *name, *signature; /* i: a number, p: a typed array */
  int32_t (*call)(const union argument *a);
};

#define CALL(name, ...) \
  static int32_t call_##name(const union argument *a) { \
    (void)a; \
    return pp_##name(__VA_ARGS__); \
  }

CALL(abi)
CALL(probe, a[0].p)
CALL(inbox_open, a[0].p)
CALL(inbox_take, a[0].i, a[1].p, a[2].i)
CALL(inbox_wait, a[0].i, a[1].i)
CALL(inbox_close, a[0].i)
CALL(watch_fd, a[0].i, a[1].i, a[2].i, a[3].i)
CALL(watch_parent, a[0].i, a[1].i, a[2].i, a[3].p, a[4].i)
CALL(close, a[0].i)
CALL(spawn, a[0].i, a[1].i, a[2].p, a[3].p, a[4].p)
CALL(signal, a[0].i, a[1].i)
CALL(socketpair, a[0].p, a[1].i)
CALL(check_socket, a[0].i)
CALL(write, a[0].i, a[1].p, a[2].i, a[3].i, a[4].i)
CALL(read, a[0].i, a[1].p, a[2].i, a[3].i, a[4].i)
CALL(send, a[0].i, a[1].p, a[2].i, a[3].i)
CALL(recv, a[0].i, a[1].p, a[2].p, a[3].i, a[4].i)
CALL(readable, a[0].i, a[1].i)
CALL(take_stdin)
CALL(keeper_listen, a[0].i, a[1].p)
CALL(keep, a[0].p, a[1].p, a[2].i)
CALL(claim, a[0].p, a[1].p)
CALL(queue_make, a[0].i, a[1].p, a[2].i)
CALL(queue_open, a[0].i, a[1].i)
CALL(queue_close, a[0].i)
CALL(queue_fd, a[0].i)
CALL(queue_put, a[0].i, a[1].p, a[2].i, a[3].i)
CALL(queue_get, a[0].i, a[1].p, a[2].i, a[3].i)
CALL(queue_needed, a[0].i)
CALL(queue_poll, a[0].i)
CALL(queue_task_done, a[0].i)
CALL(queue_join, a[0].i, a[1].i)
CALL(queue_shutdown, a[0].i, a[1].i)
CALL(queue_stats, a[0].i, a[1].p)
CALL(queue_watch, a[0].i, a[1].i, a[2].i)
CALL(queue_pass, a[0].i, a[1].i)
CALL(queue_wait, a[0].i, a[1].i, a[2].i)
CALL(sync_make, a[0].i, a[1].i, a[2].i, a[3].i)
CALL(sync_open, a[0].i, a[1].i, a[2].i)
CALL(sync_close, a[0].i)
CALL(sync_fd, a[0].i)
CALL(sync_sweep, a[0].i)
CALL(sync_watch, a[0].i, a[1].i)
CALL(sync_spin, a[0].i)
CALL(sync_pass, a[0].i)
CALL(sync_wait, a[0].i, a[1].i)
CALL(mutex_acquire, a[0].i, a[1].i, a[2].i)
CALL(mutex_release, a[0].i, a[1].i)
CALL(mutex_mine, a[0].i)
CALL(semaphore_acquire, a[0].i)
CALL(semaphore_release, a[0].i)
CALL(semaphore_value, a[0].i)
CALL(event_set, a[0].i)
CALL(event_clear, a[0].i)
CALL(event_look, a[0].i)
CALL(condition_enter, a[0].i)
CALL(condition_notified, a[0].i, a[1].i)
CALL(condition_leave, a[0].i, a[1].i)
CALL(condition_notify, a[0].i, a[1].i)
CALL(barrier_arrive, a[0].i, a[1].p)
CALL(barrier_look, a[0].i, a[1].i)
CALL(barrier_end, a[0].i, a[1].i, a[2].i)
CALL(barrier_state, a[0].i, a[1].p)
CALL(memory_make, a[0].i, a[1].p, a[2].p)
CALL(memory_open, a[0].i, a[1].i)
CALL(memory_attach, a[0].i, a[1].p)
CALL(memory_close, a[0].i)
CALL(memory_fd, a[0].i)
CALL(memory_name, a[0].i, a[1].p)
CALL(memory_place, a[0].i, a[1].p)
CALL(memory_read, a[0].i, a[1].p, a[2].p)
CALL(memory_write, a[0].i, a[1].p, a[2].p)
CALL(memory_unlink, a[0].p, a[1].p)
CALL(memory_file, a[0].i, a[1].p)
CALL(memory_sweep)
CALL(memory_atomic, a[0].i, a[1].i, a[2].i, a[3].p)

#define ROW(name, signature) {"pp_" #name, signature, call_##name}

static const struct function functions[] = {
    ROW(abi, ""),
    ROW(probe, "p"),
    ROW(inbox_open, "p"),
    ROW(inbox_take, "ipi"),
    ROW(inbox_wait, "ii"),
    ROW(inbox_close, "i"),
    ROW(watch_fd, "iiii"),
    ROW(watch_parent, "iiipi"),
    ROW(close, "i"),
    ROW(spawn, "iippp"),
    ROW(signal, "ii"),
    ROW(socketpair, "pi"),
    ROW(check_socket, "i"),
    ROW(write, "ipiii"),
    ROW(read, "ipiii"),
    ROW(send, "ipii"),
    ROW(recv, "ippii"),
    ROW(readable, "ii"),
    ROW(take_stdin, ""),
    ROW(keeper_listen, "ip"),
    ROW(keep, "ppi"),
    ROW(claim, "pp"),
    ROW(queue_make, "ipi"),
    ROW(queue_open, "ii"),
    ROW(queue_close, "i"),
    ROW(queue_fd, "i"),
    ROW(queue_put, "ipii"),
    ROW(queue_get, "ipii"),
    ROW(queue_needed, "i"),
    ROW(queue_poll, "i"),
    ROW(queue_task_done, "i"),
    ROW(queue_join, "ii"),
    ROW(queue_shutdown, "ii"),
    ROW(queue_stats, "ip"),
    ROW(queue_watch, "iii"),
    ROW(queue_pass, "ii"),
    ROW(queue_wait, "iii"),
    ROW(sync_make, "iiii"),
    ROW(sync_open, "iii"),
    ROW(sync_close, "i"),
    ROW(sync_fd, "i"),
    ROW(sync_sweep, "i"),
    ROW(sync_watch, "ii"),
    ROW(sync_spin, "i"),
    ROW(sync_pass, "i"),
    ROW(sync_wait, "ii"),
    ROW(mutex_acquire, "iii"),
    ROW(mutex_release, "ii"),
    ROW(mutex_mine, "i"),
    ROW(semaphore_acquire, "i"),
    ROW(semaphore_release, "i"),
    ROW(semaphore_value, "i"),
    ROW(event_set, "i"),
    ROW(event_clear, "i"),
    ROW(event_look, "i"),
    ROW(condition_enter, "i"),
    ROW(condition_notified, "ii"),
    ROW(condition_leave, "ii"),
    ROW(condition_notify, "ii"),
    ROW(barrier_arrive, "ip"),
    ROW(barrier_look, "ii"),
    ROW(barrier_end, "iii"),
    ROW(barrier_state, "ip"),
    ROW(memory_make, "ipp"),
    ROW(memory_open, "ii"),
    ROW(memory_attach, "ip"),
    ROW(memory_close, "i"),
    ROW(memory_fd, "i"),
    ROW(memory_name, "ip"),
    ROW(memory_place, "ip"),
    ROW(memory_read, "ipp"),
    ROW(memory_write, "ipp"),
    ROW(memory_unlink, "pp"),
    ROW(memory_file, "ip"),
    ROW(memory_sweep, ""),
    ROW(memory_atomic, "iiip"),
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

/* An ArrayBuffer over memory at {address, size}; undefined where the engine takes none from outside. */
static napi_value view_memory(napi_env env, napi_callback_info info) {
  napi_value argument, result = NULL;
  size_t count = 1;
  void *place = NULL;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (count < 1 || napi_get_typedarray_info(env, argument, NULL, NULL, &place, NULL, NULL) != 0) return NULL;
  uint64_t words[2];
  memcpy(words, place, sizeof words);
  napi_create_external_arraybuffer(env, (void *)(uintptr_t)words[0], (size_t)words[1], NULL, NULL, &result);
  return result;
}

/* A worker thread that ends lets go of its queues, though the process lives. */
static void thread_ends(void *unused) {
  (void)unused;
  pp_inbox_close_own();
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
  napi_add_env_cleanup_hook(env, thread_ends, NULL);
  return exports;
}
