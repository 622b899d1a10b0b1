/* Waiting for changes in shared memory: for event loops by their bells, or by helper threads that sleep on all the words that are waited for
 * and post an event when one changes; for blocking calls by a sleep of the calling thread. */
#ifndef PP_SLEEPER_H
#define PP_SLEEPER_H

#include "wait/notice.h"
#include "wait/spin.h"

struct pp_watch {
  void *object;               /* the shared object to which the word belongs */
  pp_word *word;
  uint32_t seen;              /* the word's value at the caller's last look */
  struct pp_notice *notice;   /* the notice to which the word belongs, NULL for a lock's word */
  struct pp_lock_scope *scope; /* the participants of the object, and which of them waits */
  int (*sweep)(void *object); /* cleans up after dead participants; 1 if the caller should look again */
  struct pp_spinner *spinner; /* NULL if the caller has already spun */
  int32_t inbox, id, what;
};

/* Posts one event {id, what} once the word differs from `seen`. A second watch with the same id replaces the first. */
int pp_sleeper_watch(const struct pp_watch *watch);
/* Ends all watches of an object. After it returns, the helper thread does not touch the object any more. */
void pp_sleeper_forget(const void *object);
/* Blocks the calling thread until it should look again (0) or `ms` are over (-ETIMEDOUT). */
int pp_watch_sleep(const struct pp_watch *watch, int32_t ms);

#endif
