/* One helper thread that sleeps on the words of all that JavaScript waits for; and the same sleep for a thread that blocks. */
#ifndef PP_SLEEPER_H
#define PP_SLEEPER_H

#include "notice.h"

struct pp_watch {
  void *object; /* whose word it is */
  pp_word *word;
  uint32_t seen;            /* what it was at the last look */
  struct pp_notice *notice; /* the word's, NULL for a lock's word */
  int (*sweep)(void *object); /* cleans up after the dead; 1 if another look is worth it */
  struct pp_spinner *spinner; /* NULL: the look has spun already */
  int32_t inbox, id, what;
};

/* One event {id, what} once the word is no longer what it was. Again for the same id: replaced. */
int pp_sleeper_watch(const struct pp_watch *watch);
/* Forgets an object; when this returns, nothing of it is touched any more. */
void pp_sleeper_forget(const void *object);
/* Blocks this thread until another look is worth it (0), `ms` at most (-ETIMEDOUT). */
int pp_watch_sleep(const struct pp_watch *watch, int32_t ms);

#endif
