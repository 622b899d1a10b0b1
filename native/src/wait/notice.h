/* A notice is how waiters learn of a change in shared memory. It is a word that changes whenever there may be something new, and a flag
 * that says whether anybody sleeps on it. */
#ifndef PP_NOTICE_H
#define PP_NOTICE_H

#include "base/word.h"

struct pp_notice {
  pp_word sequence;
  pp_word waited_for; /* 1 if somebody sleeps on `sequence`; without it a change needs no system call */
};

/* Changes the notice and wakes up to `count` of its waiters. */
void pp_notice_give(struct pp_notice *notice, int count);

#endif
