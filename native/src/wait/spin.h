/* Spinning: looking at a word again and again for a moment, before the thread goes to sleep. In a busy exchange the wait is shorter than it
 * takes to be woken. Where spinning has not paid lately, it is skipped. */
#ifndef PP_SPIN_H
#define PP_SPIN_H

#include <stdbool.h>

#include "base/word.h"

/* A spin lasts about as long as it takes to be woken from sleep. */
#define PP_SPIN_US 50

/* The memory of one waiter about its last spins. */
struct pp_spinner {
  uint8_t skip, backoff; /* how many waits go without a spin now, and after the next spin that does not pay */
  uint8_t shared;        /* waits in a row that ended because another thread got this core */
};

/* Tells whether the next wait should spin. */
bool pp_spin_may_pay(struct pp_spinner *spinner);
/* Records whether a spin paid. After each spin that did not, twice as many waits go without; at most 4, because two processes that wait
 * for each other must come to spin at the same time. */
void pp_spin_paid(struct pp_spinner *spinner, bool paid);
/* Spins while `word` holds `expected`, if that may pay. Otherwise it yields the core and looks once. Returns whether the word changed. */
bool pp_spin(struct pp_spinner *spinner, const pp_word *word, uint32_t expected);
/* Lets another thread that is ready to run have this core. Does nothing and returns false for a while after a yield that took long. */
bool pp_yield(void);

/* Tells the core that this is a spin loop, which saves power and lets the sibling hyper-thread run faster. */
static inline void pp_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
