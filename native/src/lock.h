/* A lock of which the kernel knows whether its owner lives: a word that holds its owner, waited for by futex. */
#ifndef PP_LOCK_H
#define PP_LOCK_H

#include "participant.h"

#define PP_LOCK_WAITERS 0x80000000u

struct pp_lock_scope {
  const struct pp_segment *segment;
  const struct pp_participant *table;
  pp_owner me;
};

/* 0: taken; 1: taken from an owner that died holding it; -EBUSY: its owner lives and kept it for `ms`; -EBADMSG: the word is garbage. */
int pp_lock_take(const struct pp_lock_scope *scope, pp_word *word, int ms);
/* As pp_lock_take, at once; `slept`: others may sleep for it too. */
int pp_lock_try(const struct pp_lock_scope *scope, pp_word *word, bool slept);
/* Marks that somebody will sleep until it changes, and what it is now: `seen` can't be free. */
void pp_lock_mark(pp_word *word, uint32_t *seen);
/* What the word was: 0 if nobody held it. */
uint32_t pp_lock_release(pp_word *word);

#endif
