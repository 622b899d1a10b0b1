/* Waiting for changes in shared memory: for event loops by their bells, or by helper threads that sleep on all the words that are waited for
 * and post an event when one changes; for blocking calls by a sleep of the calling thread. */
#ifndef PP_SLEEPER_H
#define PP_SLEEPER_H

#include "wait/watches.h"

/* Posts one event {id, what} once the word differs from `seen`. A second watch with the same id replaces the first. */
int pp_sleeper_watch(struct pp_watch *watch);
/* Ends all watches of an object. After it returns, the helper thread does not touch the object any more. */
void pp_sleeper_forget(const void *object);
/* Blocks the calling thread until it should look again (0) or `ms` are over (-ETIMEDOUT). */
int pp_watch_sleep(const struct pp_watch *watch, int32_t ms);

#endif
