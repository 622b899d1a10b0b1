#include "wait/robust_lock.h"

#include <errno.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "wait/futex.h"
#include "wait/spin.h"

#define SPINS 200
#ifndef CHECK_MS
#define CHECK_MS 10 /* how often a waiter asks whether the owner lives */
#endif

static int try_free(pp_word *word, pp_owner mark) {
  uint32_t none = 0;
  return atomic_compare_exchange_strong(word, &none, mark);
}

/* Returns 1 if the owner was dead and the lock is now ours. */
static int steal_from_dead(const struct pp_lock_scope *scope, pp_word *word, uint32_t seen) {
  /* The kernel does not report a lock through the open file description that holds it, so a participant would take itself for dead. */
  if ((seen & PP_OWNER_MASK) == scope->me) return 0;
  int dead = pp_owner_dead(scope->segment, scope->table, seen & PP_OWNER_MASK);
  if (dead <= 0) return dead;
  FAILPOINT("robust_lock.before_steal");
  return atomic_compare_exchange_strong(word, &seen, scope->me | PP_ROBUST_LOCK_WAITERS);
}

/* Sleeps once on a word that holds `seen`. If nobody wakes it, it looks whether the owner is dead. */
static int wait_once(const struct pp_lock_scope *scope, pp_word *word, uint32_t seen, int ms) {
  if ((seen & PP_ROBUST_LOCK_WAITERS) == 0) {
    if (!atomic_compare_exchange_strong(word, &seen, seen | PP_ROBUST_LOCK_WAITERS)) return 0;
    seen |= PP_ROBUST_LOCK_WAITERS;
  }
  if (pp_futex_wait(word, seen, ms) != -ETIMEDOUT) return 0;
  return steal_from_dead(scope, word, seen);
}

int pp_robust_lock_try(const struct pp_lock_scope *scope, pp_word *word, bool slept) {
  if (try_free(word, slept ? scope->me | PP_ROBUST_LOCK_WAITERS : scope->me)) return 0;
  uint32_t seen = atomic_load(word);
  int status = seen == 0 ? 0 : steal_from_dead(scope, word, seen);
  return status == 0 ? -EBUSY : status;
}

void pp_robust_lock_mark(pp_word *word, uint32_t *seen) {
  uint32_t now = atomic_load(word);
  while (now != 0 && (now & PP_ROBUST_LOCK_WAITERS) == 0 && !atomic_compare_exchange_weak(word, &now, now | PP_ROBUST_LOCK_WAITERS)) continue;
  /* If the lock became free meanwhile, `seen` differs from the word, and a sleep on it returns at once. */
  *seen = now | PP_ROBUST_LOCK_WAITERS;
}

int pp_robust_lock_take(const struct pp_lock_scope *scope, pp_word *word, int ms) {
  for (int i = 0; i < SPINS; i++) {
    if (atomic_load_explicit(word, memory_order_relaxed) == 0 && try_free(word, scope->me)) return 0;
    pp_pause();
  }
  int64_t until = pp_now() + (int64_t)ms * 1000;
  for (;;) {
    uint32_t seen = atomic_load(word);
    int64_t left = (until - pp_now()) / 1000;
    /* A release wakes one waiter only. Others may still sleep, so the one that was woken sets the waiters bit again. */
    if (seen == 0 && try_free(word, scope->me | PP_ROBUST_LOCK_WAITERS)) return 0;
    if (seen != 0) {
      int status = wait_once(scope, word, seen, left < 1 ? 1 : left < CHECK_MS ? (int)left : CHECK_MS);
      if (status != 0) return status;
    }
    if (pp_now() < until) continue;
    /* Signals may have ended each sleep before its time, so the owner is looked at once more. */
    seen = atomic_load(word);
    int status = seen == 0 ? 0 : steal_from_dead(scope, word, seen);
    if (status != 0) return status;
    if (seen != 0) return -EBUSY;
  }
}

uint32_t pp_robust_lock_release(pp_word *word) {
  uint32_t before = atomic_exchange(word, 0);
  FAILPOINT("robust_lock.before_wake");
  if ((before & PP_ROBUST_LOCK_WAITERS) != 0) pp_futex_wake(word, 1);
  return before;
}
