/* Conditions: a place for each waiter, in the order in which they came. A notification is a mark in a place, so that exactly as many wake
 * as were meant; the place of a dead waiter is freed, and a mark that it left goes to the next. */
#include <errno.h>
#include <stddef.h>

#include "failpoint.h"
#include "polyproc.h"
#include "sync.h"

enum { ORDER }; /* in `state`: the last waiter's number */
enum { FREE = 0, WAITING = 1, NOTIFIED = 2 };

/* A place: the owner, its number in the order (30 bits), and whether it waits. */
static uint64_t place_of(pp_owner owner, uint64_t order, uint64_t what) { return (uint64_t)owner << 32 | (order & 0x3fffffff) << 2 | what; }
static uint64_t what_of(uint64_t place) { return place & 3; }
static pp_owner owner_of(uint64_t place) { return (pp_owner)(place >> 32); }
static uint32_t age_of(uint64_t place, uint64_t newest) { return (uint32_t)((newest - (place >> 2)) & 0x3fffffff); }

/* The oldest that waits, -1 if nobody does. */
static int oldest(const struct pp_sync *sync) {
  uint64_t newest = atomic_load(&sync->header->state[ORDER]);
  int found = -1;
  uint32_t age = 0;
  for (int i = 0; i < PP_WAITERS; i++) {
    uint64_t place = atomic_load_explicit(&sync->header->waiters[i], memory_order_relaxed);
    if (what_of(place) != WAITING || (found >= 0 && age_of(place, newest) < age)) continue;
    found = i;
    age = age_of(place, newest);
  }
  return found;
}

static int notify_one(struct pp_sync *sync) {
  for (;;) {
    int i = oldest(sync);
    if (i < 0) return 0;
    uint64_t place = atomic_load(&sync->header->waiters[i]);
    bool dead = owner_of(place) != sync->scope.me && pp_owner_dead(&sync->segment, sync->scope.table, owner_of(place)) != 0;
    atomic_store(&sync->header->waiters[i], dead ? FREE : (place & ~3ull) | NOTIFIED);
    if (!dead) return 1;
  }
}

int32_t pp_condition_enter(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_CONDITION);
  if (sync == NULL) return -EBADF;
  pp_sync_clean(sync);
  int status = pp_sync_enter(sync);
  if (status < 0) return status;
  int place = 0;
  while (place < PP_WAITERS && what_of(atomic_load(&sync->header->waiters[place])) != FREE) place++;
  if (place < PP_WAITERS) {
    uint64_t order = atomic_fetch_add(&sync->header->state[ORDER], 1) + 1;
    FAILPOINT("condition.numbered");
    atomic_store(&sync->header->waiters[place], place_of(sync->scope.me, order, WAITING));
    FAILPOINT("condition.placed");
  }
  pp_sync_leave(sync);
  return place < PP_WAITERS ? place : -EMFILE;
}

int32_t pp_condition_notified(int32_t index, int32_t place) {
  struct pp_sync *sync = pp_sync_find(index, PP_CONDITION);
  if (sync == NULL || place < 0 || place >= PP_WAITERS) return sync == NULL ? -EBADF : -EINVAL;
  pp_sync_note(sync);
  uint64_t now = atomic_load(&sync->header->waiters[place]);
  if (owner_of(now) != sync->scope.me || what_of(now) == FREE) return -EBADMSG;
  return what_of(now) == NOTIFIED;
}

int32_t pp_condition_leave(int32_t index, int32_t place) {
  struct pp_sync *sync = pp_sync_find(index, PP_CONDITION);
  if (sync == NULL || place < 0 || place >= PP_WAITERS) return sync == NULL ? -EBADF : -EINVAL;
  int status = pp_sync_enter(sync);
  if (status < 0) return status;
  uint64_t now = atomic_load(&sync->header->waiters[place]);
  if (owner_of(now) != sync->scope.me || what_of(now) == FREE) status = -EBADMSG;
  else {
    status = what_of(now) == NOTIFIED;
    atomic_store(&sync->header->waiters[place], FREE);
  }
  pp_sync_leave(sync);
  return status;
}

int32_t pp_condition_notify(int32_t index, int32_t count) {
  struct pp_sync *sync = pp_sync_find(index, PP_CONDITION);
  if (sync == NULL || count < 0) return sync == NULL ? -EBADF : -EINVAL;
  int status = pp_sync_enter(sync);
  if (status < 0) return status;
  int woken = 0;
  while (woken < count && woken < PP_WAITERS && notify_one(sync)) woken++;
  FAILPOINT("condition.notified");
  pp_sync_leave(sync);
  if (woken > 0) pp_sync_tell(sync, INT32_MAX);
  return woken;
}

static bool is_of(uint64_t place, uint32_t index) { return what_of(place) != FREE && pp_owner_index(owner_of(place)) == index; }

/* First its waits, so that no mark goes back to it. A mark goes to the next before its place is free: a cleaner that dies in between
 * wakes one too many, and loses none. */
int pp_condition_forget(struct pp_sync *sync, uint32_t index) {
  int passed = 0;
  for (int i = 0; i < PP_WAITERS; i++) {
    uint64_t place = atomic_load(&sync->header->waiters[i]);
    if (is_of(place, index) && what_of(place) == WAITING) atomic_store(&sync->header->waiters[i], FREE);
  }
  for (int i = 0; i < PP_WAITERS; i++) {
    if (!is_of(atomic_load(&sync->header->waiters[i]), index)) continue;
    passed |= notify_one(sync);
    FAILPOINT("condition.passed_on");
    atomic_store(&sync->header->waiters[i], FREE);
  }
  return passed;
}
