/* Waiting on a word that several processes see. */
#ifndef PP_FUTEX_H
#define PP_FUTEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A killed process may have died between a change and its wake-up: no wait is longer than this without a new look. */
#define PP_SLICE_MS 100

/* A spin is about as long as it takes to be woken. */
#define PP_SPIN_US 50

typedef _Atomic uint32_t pp_word;

/* Sleeps while `word` holds `expected`, `ms` at most: 0, -EAGAIN, -ETIMEDOUT or -EINTR. */
int pp_futex_wait(pp_word *word, uint32_t expected, int ms);
void pp_futex_wake(pp_word *word, int count);
/* Sleeps while each word holds its expected value; -ENOSYS where the kernel can't. `count` up to 128. */
int pp_futex_wait_any(pp_word *const *words, const uint32_t *expected, int count, int ms);
/* Lets whoever waits for this core have it for a moment: false, and not done, for a while after that took long. */
bool pp_yield(void);
/* Whether spinning has paid lately: after each spin that did not, twice as many waits do without; 4 at most, for two that wait for each
 * other must come to spin at the same time. */
struct pp_spinner {
  uint8_t skip, backoff;
  uint8_t shared; /* waits in a row that ended because somebody else got this core */
};
bool pp_spin_may_pay(struct pp_spinner *spinner);
void pp_spin_paid(struct pp_spinner *spinner, bool paid);
/* Spins while `word` holds `expected`, where that may pay; elsewhere others get the core for a moment, and there is one look. Whether it changed. */
bool pp_spin(struct pp_spinner *spinner, const pp_word *word, uint32_t expected);
/* Microseconds of the monotonic clock. */
int64_t pp_now(void);

static inline void pp_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
