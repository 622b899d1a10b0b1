/* An inbox holds the events for one JavaScript thread: a list of events, and a socket that becomes readable when the list is not empty, so
 * that the thread's event loop wakes up. */
#ifndef PP_INBOX_H
#define PP_INBOX_H

#include <stdint.h>

#include "wait/bell.h"

/* Adds an event, from any thread. A closed inbox drops it. */
void pp_inbox_post(int32_t inbox, int32_t id, int32_t value);
/* Takes up to `max` events that were posted, as pairs {id, value}, and returns how many. */
int32_t pp_inbox_take_posted(int32_t inbox, int32_t *events, int32_t max);
/* Returns the poller of the thread's event loop, or 0. */
int pp_inbox_poller(int32_t inbox);
/* Returns the bell by which others wake the thread; its number is 0 if there is none. */
struct pp_bell pp_inbox_bell(int32_t inbox);
/* Notes in `scope` in which folder the bells of an object are, and returns the number of the thread's bell: 0 if that is elsewhere. */
uint64_t pp_bell_in(struct pp_lock_scope *scope, const char *folder, int32_t inbox);

/* Closes every inbox that the calling thread opened. */
void pp_inbox_close_own(void);

#endif
