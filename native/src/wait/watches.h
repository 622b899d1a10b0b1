/* A watch waits for a change of a word. In a set of watches, one is found by its id without a search. The place of a removed one goes to the
 * last one. */
#ifndef PP_WATCHES_H
#define PP_WATCHES_H

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
  uint32_t index;             /* of the participant that waits; pp_sleeper_watch sets it */
};

struct pp_watches {
  struct pp_watch *at;
  int count, room;
  int *first, *next; /* lists of those with the same hash, which end with -1 */
};

/* Returns the place of the watch with the same inbox and id, or -1. */
int pp_watches_find(const struct pp_watches *watches, const struct pp_watch *watch);
/* Adds a watch, or replaces the one with the same inbox and id. */
int pp_watches_put(struct pp_watches *watches, const struct pp_watch *watch);
void pp_watches_remove(struct pp_watches *watches, int at);

#endif
