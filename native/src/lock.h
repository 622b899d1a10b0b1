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
void pp_lock_release(pp_word *word);

#endif
