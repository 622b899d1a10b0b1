#include "futex.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
/* From linux/futex.h, which a C library need not bring. */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define SIZE_U32 2 /* FUTEX2_SIZE_U32 */

/* The kernel's struct futex_waitv: older headers lack it. */
struct waiter {
  uint64_t value, address;
  uint32_t flags, reserved;
};

int64_t pp_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

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

/* A yield to somebody who waits for us is over in microseconds; among those who compute it costs a whole time slice and more. */
#define COSTLY_US 1000
#define FIRST_PENALTY_US 5000
#define MOST_PENALTY_US 16000000
#define MOST_SHARED 8

bool pp_yield(void) {
  static _Atomic int64_t quiet_until, penalty;
  int64_t begun = pp_now();
  if (begun < atomic_load_explicit(&quiet_until, memory_order_relaxed)) return false;
  sched_yield();
  int64_t now = pp_now(), last = atomic_load_explicit(&penalty, memory_order_relaxed);
  if (now - begun <= COSTLY_US) {
    if (last != 0) atomic_store_explicit(&penalty, last / 2, memory_order_relaxed);
    return true;
  }
  int64_t next = last < FIRST_PENALTY_US ? FIRST_PENALTY_US : last * 2 < MOST_PENALTY_US ? last * 2 : MOST_PENALTY_US;
  atomic_store_explicit(&penalty, next, memory_order_relaxed);
  atomic_store_explicit(&quiet_until, now + next, memory_order_relaxed);
  return true;
}

/* Whether the word changed, and whether it did while somebody else had this core. */
static bool spin(const pp_word *word, uint32_t expected, bool *shared) {
  int64_t until = pp_now() + PP_SPIN_US;
  *shared = false;
  do {
    for (int i = 0; i < 50; i++) {
      if (atomic_load_explicit(word, memory_order_relaxed) != expected) return true;
      *shared = false;
      pp_pause();
    }
    *shared = pp_yield();
  } while (pp_now() < until);
  return false;
}

bool pp_spin_may_pay(struct pp_spinner *spinner) {
  if (spinner->skip == 0) return true;
  spinner->skip--;
  return false;
}

void pp_spin_paid(struct pp_spinner *spinner, bool paid) {
  spinner->backoff = paid ? 0 : spinner->backoff == 0 ? 1 : spinner->backoff >= 2 ? 4 : (uint8_t)(spinner->backoff * 2);
  spinner->skip = spinner->backoff;
}

bool pp_spin(struct pp_spinner *spinner, const pp_word *word, uint32_t expected) {
  /* Two on one core, while another one may be idle: who sleeps is woken where there is room. */
  if (spinner->shared >= MOST_SHARED) {
    spinner->shared = 0;
    return false;
  }
  bool changed, shared = true;
  if (pp_spin_may_pay(spinner)) {
    changed = spin(word, expected, &shared);
    pp_spin_paid(spinner, changed);
  } else changed = pp_yield() && atomic_load(word) != expected;
  spinner->shared = changed && shared ? (uint8_t)(spinner->shared + 1) : 0;
  return changed;
}
