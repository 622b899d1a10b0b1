/* A notice is how waiters learn of a change in shared memory. It is a word that changes whenever there may be something new. Threads sleep on
 * the word. Event loops are woken by their bells, and a bit for each participant says whose is to be rung. */
#ifndef PP_NOTICE_H
#define PP_NOTICE_H

#include <stdbool.h>

#include "base/word.h"
#include "wait/robust_lock.h"

/* Who waits: threads that sleep on the word, and event loops that have a bell. */
enum { PP_SLEEPERS = 1, PP_BELLS = 2 };

struct pp_notice {
  pp_word sequence;
  pp_word waited_for; /* PP_SLEEPERS, PP_BELLS; if it is 0, a change needs no system call */
  pp_word turn;       /* the participant whose bell is looked at first */
  _Atomic uint64_t bells[PP_PARTICIPANTS / 64];
};

/* Changes the notice and wakes up to `count` of its sleepers, and as many event loops. */
void pp_notice_give(struct pp_notice *notice, const struct pp_lock_scope *scope, int count);
/* Lets the bell of this participant ring at the next change. */
void pp_notice_arm(struct pp_notice *notice, uint32_t index);
bool pp_notice_is_armed(const struct pp_notice *notice, uint32_t index);
void pp_notice_disarm(struct pp_notice *notice, uint32_t index);

#endif
