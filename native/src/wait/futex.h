/* Futexes: waiting for a change of a word that several processes have mapped. */
#ifndef PP_FUTEX_H
#define PP_FUTEX_H

#include "base/word.h"

/* No wait is longer than this without a new look at the object. A process may have been killed between a change and its wake-up. */
#define PP_SLICE_MS 100

/* Sleeps at most `ms` while `word` holds `expected`: 0, -EAGAIN (it holds something else), -ETIMEDOUT or -EINTR. */
int pp_futex_wait(pp_word *word, uint32_t expected, int ms);
/* Wakes up to `count` threads that sleep on the word. */
void pp_futex_wake(pp_word *word, int count);
/* Sleeps while each of up to 128 words holds its expected value. -ENOSYS: this kernel cannot wait for several words. */
int pp_futex_wait_any(pp_word *const *words, const uint32_t *expected, int count, int ms);

#endif
