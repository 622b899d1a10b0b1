/* An inbox holds the events for one JavaScript thread: a list of events, and a socket that becomes readable when the list is not empty, so
 * that the thread's event loop wakes up. */
#ifndef PP_INBOX_H
#define PP_INBOX_H

#include <stdint.h>

/* Adds an event, from any thread. A closed inbox drops it. */
void pp_inbox_post(int32_t inbox, int32_t id, int32_t value);

/* Closes every inbox that the calling thread opened. */
void pp_inbox_close_own(void);

#endif
