#ifndef PP_CHILD_H
#define PP_CHILD_H

#include <stdint.h>

#define PP_UNKNOWN_END (-1) /* in place of the status, if the system does not tell how the child ended */

/* Watches the pidfd of a child. When the child ends, this reaps it and posts one event {id, status}. */
int pp_child_watch(int32_t inbox, int32_t id, int pidfd);

#endif
