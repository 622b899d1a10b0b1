/* What is needed of Node-API, a stable ABI. The functions are weak: only Node has them. */
#ifndef PP_NAPI_H
#define PP_NAPI_H

#include <stddef.h>
#include <stdint.h>

#define PP_WEAK __attribute__((weak))

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

extern int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **) PP_WEAK;
extern int napi_get_value_int32(napi_env, napi_value, int32_t *) PP_WEAK;
extern int napi_create_int32(napi_env, int32_t, napi_value *) PP_WEAK;

/* uv.c: watch_socket(fd, callback) calls back in the event loop whenever bytes come, which it throws away; the descriptor is its own
 * then. Gives 0, or a negative errno. NULL where there is no libuv. */
napi_callback pp_uv_watch_socket(void);

#endif
