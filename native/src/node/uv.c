#include "node/uv.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* These parts of libuv's interface have not changed in all of its version 1. */
#define UV_POLL 8
#define UV_READABLE 1
#define SCRATCH 256

typedef struct uv_loop_s uv_loop_t;
typedef struct uv_poll_s uv_poll_t;
typedef struct napi_ref__ *napi_ref;
typedef struct napi_handle_scope__ *napi_handle_scope;
typedef struct napi_async_context__ *napi_async_context;
typedef struct napi_async_cleanup_hook_handle__ *napi_async_cleanup_hook_handle;

extern size_t uv_handle_size(int) PP_WEAK;
extern int uv_poll_init(uv_loop_t *, uv_poll_t *, int) PP_WEAK;
extern int uv_poll_start(uv_poll_t *, int, void (*)(uv_poll_t *, int, int)) PP_WEAK;
extern int uv_poll_stop(uv_poll_t *) PP_WEAK;
extern void uv_unref(uv_poll_t *) PP_WEAK;
extern void uv_close(uv_poll_t *, void (*)(uv_poll_t *)) PP_WEAK;
extern void *uv_handle_get_data(const uv_poll_t *) PP_WEAK;
extern void uv_handle_set_data(uv_poll_t *, void *) PP_WEAK;

extern int napi_get_uv_event_loop(napi_env, uv_loop_t **) PP_WEAK;
extern int napi_get_global(napi_env, napi_value *) PP_WEAK;
extern int napi_create_object(napi_env, napi_value *) PP_WEAK;
extern int napi_create_string_utf8(napi_env, const char *, size_t, napi_value *) PP_WEAK;
extern int napi_create_reference(napi_env, napi_value, uint32_t, napi_ref *) PP_WEAK;
extern int napi_get_reference_value(napi_env, napi_ref, napi_value *) PP_WEAK;
extern int napi_open_handle_scope(napi_env, napi_handle_scope *) PP_WEAK;
extern int napi_close_handle_scope(napi_env, napi_handle_scope) PP_WEAK;
extern int napi_async_init(napi_env, napi_value, napi_value, napi_async_context *) PP_WEAK;
extern int napi_make_callback(napi_env, napi_async_context, napi_value, napi_value, size_t, const napi_value *, napi_value *) PP_WEAK;
extern int napi_get_and_clear_last_exception(napi_env, napi_value *) PP_WEAK;
extern int napi_fatal_exception(napi_env, napi_value) PP_WEAK;
extern int napi_add_async_cleanup_hook(napi_env, void (*)(napi_async_cleanup_hook_handle, void *), void *,
                                       napi_async_cleanup_hook_handle *) PP_WEAK;
extern int napi_remove_async_cleanup_hook(napi_async_cleanup_hook_handle) PP_WEAK;

struct watched {
  napi_env env;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  int fd;
  uv_poll_t *handle;
};

static void call_back(const struct watched *watched) {
  napi_env env = watched->env;
  napi_handle_scope scope;
  napi_value callback, global, error;
  if (napi_open_handle_scope(env, &scope) != 0) return;
  if (napi_get_reference_value(env, watched->callback, &callback) == 0 && napi_get_global(env, &global) == 0 &&
      napi_make_callback(env, watched->context, global, callback, 0, NULL, NULL) != 0 &&
      napi_get_and_clear_last_exception(env, &error) == 0)
    napi_fatal_exception(env, error);
  napi_close_handle_scope(env, scope);
}

static void ready(uv_poll_t *handle, int status, int events) {
  (void)status;
  (void)events;
  struct watched *watched = uv_handle_get_data(handle);
  char scratch[SCRATCH];
  ssize_t count = read(watched->fd, scratch, sizeof scratch);
  /* A descriptor of epoll has nothing to read (EINVAL). What is ready there is handled in the callback. */
  /* The inbox is closed, so no byte will come any more. */
  if (count == 0) uv_poll_stop(handle);
  else if (count > 0 || errno != EAGAIN) call_back(watched);
}

static void closed(uv_poll_t *handle) {
  struct watched *watched = uv_handle_get_data(handle);
  close(watched->fd);
  napi_remove_async_cleanup_hook(watched->hook);
  free(handle);
  free(watched);
}

static void thread_ends(napi_async_cleanup_hook_handle hook, void *argument) {
  (void)hook;
  const struct watched *watched = argument;
  uv_close(watched->handle, closed);
}

static int watch(napi_env env, int fd, napi_value callback) {
  uv_loop_t *loop;
  napi_value resource, name;
  struct watched *watched = calloc(1, sizeof *watched);
  uv_poll_t *handle = calloc(1, uv_handle_size(UV_POLL));
  if (watched == NULL || handle == NULL || napi_get_uv_event_loop(env, &loop) != 0) goto no_memory;
  *watched = (struct watched){.env = env, .fd = fd, .handle = handle};
  if (napi_create_reference(env, callback, 1, &watched->callback) != 0 || napi_create_object(env, &resource) != 0 ||
      napi_create_string_utf8(env, "polyproc", SIZE_MAX, &name) != 0 || napi_async_init(env, resource, name, &watched->context) != 0)
    goto no_memory;
  int status = uv_poll_init(loop, handle, fd);
  if (status < 0) {
    free(watched);
    free(handle);
    return status;
  }
  uv_handle_set_data(handle, watched);
  uv_poll_start(handle, UV_READABLE, ready);
  uv_unref(handle);
  napi_add_async_cleanup_hook(env, thread_ends, watched, &watched->hook);
  return 0;
no_memory:
  free(watched);
  free(handle);
  return -ENOMEM;
}

static napi_value watch_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = NULL;
  size_t count = 2;
  int32_t fd = -1;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  int status = count < 2 || napi_get_value_int32(env, arguments[0], &fd) != 0 ? -EINVAL : watch(env, fd, arguments[1]);
  napi_create_int32(env, status, &result);
  return result;
}

napi_callback pp_uv_watch_socket(void) {
  return napi_add_async_cleanup_hook != NULL && uv_poll_init != NULL && uv_handle_set_data != NULL ? watch_socket : NULL;
}
