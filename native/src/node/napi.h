/* The part of Node-API that this library uses. It is declared here, so that a build needs no headers of Node; the ABI is stable. The
 * functions are weak symbols, because only Node defines them and the same file must load in Deno and Bun. */
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

#endif
