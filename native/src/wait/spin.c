#include "wait/spin.h"

#include <sched.h>

#include "base/clock.h"

/* A yield to a thread that waits for us takes microseconds. A yield to threads that compute costs a whole time slice or more, so after one
 * that took longer than COSTLY_US there are no yields for the time of a penalty, which doubles each time. */
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

/* Returns whether the word changed. `shared` becomes whether it changed while another thread had this core. */
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
  /* This process and the one that it waits for seem to share a core, while another core may be idle. A sleeping process is woken on a core
   * that has room, so sleep this time. */
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
