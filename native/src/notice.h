/* A word that changes when something may have come, and whether anybody sleeps on it. */
#ifndef PP_NOTICE_H
#define PP_NOTICE_H

#include "futex.h"

struct pp_notice {
  pp_word sequence;
  pp_word waited_for;
};

/* Tells `count` of those who wait. */
void pp_notice_give(struct pp_notice *notice, int count);

#endif
