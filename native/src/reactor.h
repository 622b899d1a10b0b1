/* One helper thread that watches descriptors: children, the parent, the keeper's socket, and what JavaScript asks for. */
#ifndef PP_REACTOR_H
#define PP_REACTOR_H

#include <stdint.h>

/* Watches a child's pidfd: one event {id, status} at its end. */
int pp_reactor_watch_child(int32_t inbox, int32_t id, int pidfd);
/* Watches a listening socket of the keeper. */
int pp_reactor_watch_keeper(int32_t inbox, int listener);
/* Forgets what was watched for an inbox. */
void pp_reactor_forget(int32_t inbox);

#endif
