/* Conditions. Each waiter has a slot with its owner and its number in the order of arrival. A notification is a mark in a slot, so that
 * exactly as many waiters wake up as were notified. The slot of a dead waiter is freed, and if it was marked, the next waiter is notified
 * in its stead. */
#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "sync/kinds.h"

enum { ORDER }; /* in `state`: the number of the waiter that came last */
enum { FREE = 0, WAITING = 1, NOTIFIED = 2 };

/* A waiter slot: the owner (32 bits), its number in the order (30 bits), and FREE, WAITING or NOTIFIED (2 bits). */
static uint64_t slot_of(pp_owner owner, uint64_t order, uint64_t what) { return (uint64_t)owner << 32 | (order & 0x3fffffff) << 2 | what; }
static uint64_t what_of(uint64_t slot) { return slot & 3; }
static pp_owner owner_of(uint64_t slot) { return (pp_owner)(slot >> 32); }
static uint32_t age_of(uint64_t slot, uint64_t newest) { return (uint32_t)((newest - (slot >> 2)) & 0x3fffffff); }

/* Returns the slot of the oldest waiter, or -1 if nobody waits. */
static int oldest(const struct pp_sync *sync) {
  uint64_t newest = atomic_load(&sync->header->state[ORDER]);
  int found = -1;
  uint32_t age = 0;
  for (int i = 0; i < PP_WAITERS; i++) {
    uint64_t slot = atomic_load_explicit(&sync->header->waiters[i], memory_order_relaxed);
    if (what_of(slot) != WAITING || (found >= 0 && age_of(slot, newest) < age)) continue;
    found = i;
    age = age_of(slot, newest);
  }
  return found;
}

/* Notifies the oldest waiter that lives: 1, or 0 if there is none. */
static int notify_one(struct pp_sync *sync) {
  for (;;) {
    int i = oldest(sync);
    if (i < 0) return 0;
    uint64_t slot = atomic_load(&sync->header->waiters[i]);
    bool dead = owner_of(slot) != sync->scope.me && pp_owner_dead(&sync->segment, sync->scope.table, owner_of(slot)) != 0;
    atomic_store(&sync->header->waiters[i], dead ? FREE : (slot & ~3ull) | NOTIFIED);
    if (!dead) return 1;
  }
}

int32_t pp_condition_enter(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_CONDITION);
  if (sync == NULL) return -EBADF;
  pp_sync_clean(sync);
  int status = pp_sync_lock_guard(sync);
  if (status < 0) return status;
  int slot = 0;
  while (slot < PP_WAITERS && what_of(atomic_load(&sync->header->waiters[slot])) != FREE) slot++;
  if (slot < PP_WAITERS) {
    uint64_t order = atomic_fetch_add(&sync->header->state[ORDER], 1) + 1;
    FAILPOINT("condition.numbered");
    atomic_store(&sync->header->waiters[slot], slot_of(sync->scope.me, order, WAITING));
    FAILPOINT("condition.entered");
  }
  pp_sync_unlock_guard(sync);
  return slot < PP_WAITERS ? slot : -EMFILE;
}

int32_t pp_condition_notified(int32_t index, int32_t slot) {
  struct pp_sync *sync = pp_sync_find(index, PP_CONDITION);
  if (sync == NULL || slot < 0 || slot >= PP_WAITERS) return sync == NULL ? -EBADF : -EINVAL;
  pp_sync_note(sync);
  uint64_t now = atomic_load(&sync->header->waiters[slot]);
  if (owner_of(now) != sync->scope.me || what_of(now) == FREE) return -EBADMSG;
  return what_of(now) == NOTIFIED;
}

int32_t pp_condition_leave(int32_t index, int32_t slot) {
  struct pp_sync *sync = pp_sync_find(index, PP_CONDITION);
  if (sync == NULL || slot < 0 || slot >= PP_WAITERS) return sync == NULL ? -EBADF : -EINVAL;
  int status = pp_sync_lock_guard(sync);
  if (status < 0) return status;
  uint64_t now = atomic_load(&sync->header->waiters[slot]);
  if (owner_of(now) != sync->scope.me || what_of(now) == FREE) status = -EBADMSG;
  else {
    status = what_of(now) == NOTIFIED;
    atomic_store(&sync->header->waiters[slot], FREE);
  }
  pp_sync_unlock_guard(sync);
  return status;
}

int32_t pp_condition_notify(int32_t index, int32_t count) {
  struct pp_sync *sync = pp_sync_find(index, PP_CONDITION);
  if (sync == NULL || count < 0) return sync == NULL ? -EBADF : -EINVAL;
  int status = pp_sync_lock_guard(sync);
  if (status < 0) return status;
  int woken = 0;
  while (woken < count && woken < PP_WAITERS && notify_one(sync)) woken++;
  FAILPOINT("condition.notified");
  pp_sync_unlock_guard(sync);
  /* Also if nobody was left: one that was notified before may not have been told, because its notifier died. */
  pp_sync_tell(sync, INT32_MAX);
  return woken;
}

static bool is_of(uint64_t slot, uint32_t index) { return what_of(slot) != FREE && pp_owner_index(owner_of(slot)) == index; }

/* First the slots in which the gone participant still waits are freed, so that no notification goes back to it. Then each notification that
 * it did not use goes to the next waiter, before its slot is freed. A process that dies in between wakes one waiter too many, which is
 * harmless, and loses no notification. */
static int forget(struct pp_sync *sync, uint32_t index, enum pp_farewell farewell) {
  (void)farewell;
  int passed = 0;
  for (int i = 0; i < PP_WAITERS; i++) {
    uint64_t slot = atomic_load(&sync->header->waiters[i]);
    if (is_of(slot, index) && what_of(slot) == WAITING) atomic_store(&sync->header->waiters[i], FREE);
  }
  for (int i = 0; i < PP_WAITERS; i++) {
    if (!is_of(atomic_load(&sync->header->waiters[i]), index)) continue;
    passed |= notify_one(sync);
    FAILPOINT("condition.passed_on");
    atomic_store(&sync->header->waiters[i], FREE);
  }
  return passed;
}

static int64_t waits_of(const struct pp_sync *sync, uint32_t index) {
  int64_t count = 0;
  for (int i = 0; i < PP_WAITERS; i++) {
    uint64_t slot = atomic_load_explicit(&sync->header->waiters[i], memory_order_relaxed);
    count += what_of(slot) == WAITING && pp_owner_index(owner_of(slot)) == index;
  }
  return count;
}

static void inspect(const struct pp_sync *sync, int64_t *numbers) {
  for (int i = 0; i < PP_WAITERS; i++) numbers[0] += what_of(atomic_load_explicit(&sync->header->waiters[i], memory_order_relaxed)) == WAITING;
}

const struct pp_sync_kind pp_condition_kind = {.forget = forget, .inspect = inspect, .has = waits_of};
