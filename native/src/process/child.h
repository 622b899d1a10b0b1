#ifndef PP_CHILD_H
#define PP_CHILD_H

#include <stdint.h>

/* Watches the pidfd of a child. When the child ends, this reaps it and posts one event {id, status}. */
int pp_child_watch(int32_t inbox, int32_t id, int pidfd);

#endif
