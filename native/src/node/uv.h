/* The event loop of Node, which is libuv's. */
#ifndef PP_UV_H
#define PP_UV_H

#include "node/napi.h"

/* Returns the function watch_socket(fd, callback), or NULL if there is no libuv. It takes over the descriptor, and calls back in the event
 * loop whenever bytes arrive, which it reads and drops. Its result is 0 or a negative errno. */
napi_callback pp_uv_watch_socket(void);

#endif
