/* Events for one JavaScript thread: a list, and a socket on which its event loop hears that the list is not empty. */
#ifndef PP_INBOX_H
#define PP_INBOX_H

#include <stdint.h>

/* From any thread; an inbox that was closed takes nothing. */
void pp_inbox_post(int32_t inbox, int32_t id, int32_t value);

/* Closes the inboxes that this thread opened. */
void pp_inbox_close_own(void);

#endif
