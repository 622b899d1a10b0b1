#include "wait/futex.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
/* These come from linux/futex.h, which not every C library brings. */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define SIZE_U32 2 /* FUTEX2_SIZE_U32 */

/* The kernel's struct futex_waitv, which older headers lack. */
struct waiter {
  uint64_t value, address;
  uint32_t flags, reserved;
};

static struct timespec span(int64_t us) {
  return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

int pp_futex_wait(pp_word *word, uint32_t expected, int ms) {
  struct timespec limit = span((int64_t)ms * 1000);
  return syscall(SYS_futex, word, FUTEX_WAIT, expected, &limit, NULL, 0) == 0 ? 0 : -errno;
}

void pp_futex_wake(pp_word *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

int pp_futex_wait_any(pp_word *const *words, const uint32_t *expected, int count, int ms) {
  struct waiter waiters[128];
  for (int i = 0; i < count; i++)
    waiters[i] = (struct waiter){.value = expected[i], .address = (uintptr_t)words[i], .flags = SIZE_U32};
  struct timespec until = span(pp_now() + (int64_t)ms * 1000);
  return syscall(SYS_futex_waitv, waiters, count, 0, &until, CLOCK_MONOTONIC) >= 0 ? 0 : -errno;
}
