/* A robust lock survives the death of its holder. It is one word in shared memory: 0, or the owner and a bit that says whether anybody
 * sleeps on the word. A waiter asks the kernel whether the owner still lives (see base/participant.h), and takes the lock over if not. */
#ifndef PP_ROBUST_LOCK_H
#define PP_ROBUST_LOCK_H

#include "base/participant.h"

#define PP_ROBUST_LOCK_WAITERS 0x80000000u

/* The segment in which a lock lies, its participants, and which of them the caller is. */
struct pp_lock_scope {
  const struct pp_segment *segment;
  struct pp_participant *table;
  const pp_word *highest;  /* no participant ever had a higher index */
  char folder[PP_FOLDER];  /* of the tree that made the object; the bells are there */
  pp_owner me;
};

/* Takes the lock within `ms`. 0: taken. 1: taken from an owner that died while it held the lock, so that there may be something to repair.
 * -EBUSY: its owner lives and kept it. -EBADMSG: the word is not valid. */
int pp_robust_lock_take(const struct pp_lock_scope *scope, pp_word *word, int ms);
/* Like pp_robust_lock_take, but returns at once. `slept` says that the caller was woken from a wait for this lock: then others may still
 * sleep on the word, and the waiters bit must be set. */
int pp_robust_lock_try(const struct pp_lock_scope *scope, pp_word *word, bool slept);
/* Sets the waiters bit of a lock that is held, and stores in `seen` the value on which the caller can then sleep. */
void pp_robust_lock_mark(pp_word *word, uint32_t *seen);
/* Releases the lock, wakes one waiter, and returns what the word was: 0 if nobody held it. */
uint32_t pp_robust_lock_release(pp_word *word);

#endif
