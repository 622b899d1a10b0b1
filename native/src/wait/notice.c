#include "wait/notice.h"

#include "base/failpoint.h"
#include "wait/bell.h"
#include "wait/futex.h"

/* Others may change a notice all the time. */
#define MOST_TRIES 4

static uint64_t bit_of(uint32_t index) { return 1ull << index % 64; }

/* Rings up to `count` of these bells of the word `at`, and returns how many rang. Somebody whose bell is out of order has ended, or can't be
 * reached: it is not rung again, and if it lives, its helper thread waits for it from now on. */
static int ring_some(struct pp_notice *notice, const struct pp_lock_scope *scope, uint32_t at, uint64_t bits, int count) {
  int rung = 0;
  for (; bits != 0 && rung < count; bits &= bits - 1) {
    uint32_t index = at * 64 + (uint32_t)__builtin_ctzll(bits);
    if ((atomic_fetch_and(&notice->bells[at], ~bit_of(index)) & bit_of(index)) == 0) continue;
    FAILPOINT("notice.before_ring");
    if (pp_bell_ring(scope, index) < 0) {
      atomic_store(&scope->table[index].bell, 0);
      continue;
    }
    atomic_store(&notice->turn, index + 1);
    rung++;
  }
  return rung;
}

/* Rings up to `count` bells, in turn. If this process is killed on the way, the others look by themselves after a slice. */
static void ring(struct pp_notice *notice, const struct pp_lock_scope *scope, int count) {
  uint32_t highest = atomic_load(scope->highest), words = highest < PP_PARTICIPANTS ? highest / 64 + 1 : PP_PARTICIPANTS / 64;
  uint32_t first = atomic_load(&notice->turn) % (words * 64);
  bool left = false;
  /* The word of the first one is looked at twice: from that bit on, and in the end as a whole. */
  for (uint32_t i = 0; i <= words; i++) {
    uint32_t at = (first / 64 + i) % words;
    uint64_t bits = atomic_load(&notice->bells[at]) & (i == 0 ? ~0ull << first % 64 : ~0ull);
    if (bits != 0 && count > 0) count -= ring_some(notice, scope, at, bits, count);
    if (atomic_load(&notice->bells[at]) != 0) left = true;
  }
  if (left) atomic_fetch_or(&notice->waited_for, PP_BELLS);
}

void pp_notice_give(struct pp_notice *notice, const struct pp_lock_scope *scope, int count) {
  uint32_t mine = atomic_fetch_add(&notice->sequence, 1) + 1;
  FAILPOINT("notice.before_wake");
  for (int tries = 0; tries < MOST_TRIES && atomic_load(&notice->waited_for) != 0; tries++) {
    uint32_t who = atomic_exchange(&notice->waited_for, 0);
    if ((who & PP_BELLS) != 0) ring(notice, scope, count);
    if ((who & PP_SLEEPERS) != 0) pp_futex_wake(&notice->sequence, count);
    /* Until the ring was over, it looked as if nobody waited. Somebody who changed the notice meanwhile woke nobody. */
    uint32_t now = atomic_load(&notice->sequence);
    if (now == mine) return;
    mine = now;
  }
}

void pp_notice_arm(struct pp_notice *notice, uint32_t index) {
  atomic_fetch_or(&notice->bells[index / 64], bit_of(index));
  atomic_fetch_or(&notice->waited_for, PP_BELLS);
}

bool pp_notice_is_armed(const struct pp_notice *notice, uint32_t index) {
  return (atomic_load(&notice->bells[index / 64]) & bit_of(index)) != 0;
}

void pp_notice_disarm(struct pp_notice *notice, uint32_t index) {
  if (pp_notice_is_armed(notice, index)) atomic_fetch_and(&notice->bells[index / 64], ~bit_of(index));
}
