#include "sync/object.h"

#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "wait/futex.h"
#include "wait/inbox.h"

#define TRY_MS 2

static int lock_guard(struct pp_sync *sync, int ms) {
  int status = pp_robust_lock_take(&sync->scope, &sync->header->guard, ms);
  return status > 0 ? 0 : status;
}

int pp_sync_lock_guard(struct pp_sync *sync) { return lock_guard(sync, TRY_MS); }

int pp_sync_try_lock_guard(struct pp_sync *sync) {
  int status = lock_guard(sync, TRY_MS);
  /* Only these looks may change the flag. A call of another kind, such as a semaphore's value, would clear it while a waiter relies on it. */
  sync->busy = status == -EBUSY;
  return status;
}

void pp_sync_unlock_guard(struct pp_sync *sync) { pp_robust_lock_release(&sync->header->guard); }
void pp_sync_note(struct pp_sync *sync) { sync->seen = atomic_load(&sync->header->notice.sequence); }
void pp_sync_tell(struct pp_sync *sync, int count) { pp_notice_give(&sync->header->notice, &sync->scope, count); }

static int clean_up(struct pp_sync *sync, uint32_t index, enum pp_farewell farewell, int ms) {
  int status = lock_guard(sync, ms);
  if (status < 0) return status;
  struct pp_participant *participant = &sync->header->participants[index];
  /* Before the guard was taken, another process may have cleaned up, and a new participant may have got the index. */
  bool still = index == pp_owner_index(sync->scope.me) || pp_participant_gone(&sync->segment, index), cleaned = false;
  if (still && atomic_load(&participant->used) != 0) {
    status = sync->kind->forget == NULL ? 0 : sync->kind->forget(sync, index, farewell);
    FAILPOINT("sync.forgotten");
    atomic_store(&participant->used, 0);
    cleaned = true;
  }
  pp_sync_unlock_guard(sync);
  /* One that died may have changed the object and told nobody. Nobody else finds it any more, so all who wait are told. */
  if (status == 1 || (cleaned && farewell == PP_DIED)) pp_sync_tell(sync, INT32_MAX);
  return status;
}

static int owner_is_dead(const struct pp_sync *sync) {
  uint32_t word = atomic_load(&sync->header->lock) & PP_OWNER_MASK;
  return word != 0 && word != sync->scope.me && pp_owner_dead(&sync->segment, sync->scope.table, word) != 0;
}

int pp_sync_clean(struct pp_sync *sync) {
  if (sync->kind->is_lock_word) return owner_is_dead(sync);
  int again = sync->busy;
  uint32_t own = pp_owner_index(sync->scope.me), highest = atomic_load(&sync->header->highest);
  for (uint32_t index = 0; index <= highest && index < PP_PARTICIPANTS; index++) {
    if (index == own || atomic_load(&sync->header->participants[index].used) == 0) continue;
    int status = pp_participant_gone(&sync->segment, index) ? clean_up(sync, index, PP_DIED, TRY_MS) : 0;
    if (status != 0) again = 1;
    /* Somebody holds the guard. Waiting for it once more for each dead participant would add up. */
    if (status < 0) break;
  }
  return again;
}

int pp_sync_enter(struct pp_sync *sync, int32_t inbox) {
  struct pp_sync_header *header = sync->header;
  sync->scope = (struct pp_lock_scope){.segment = &sync->segment, .table = header->participants, .highest = &header->highest};
  int status = pp_participant_join(&sync->segment, header->participants, pp_bell_in(&sync->scope, header->folder, inbox), &sync->scope.me);
  if (status < 0) return status;
  uint32_t index = pp_owner_index(sync->scope.me), highest = atomic_load(&header->highest);
  pp_notice_disarm(&header->notice, index);
  while (highest < index && !atomic_compare_exchange_weak(&header->highest, &highest, index)) continue;
  status = atomic_load(&header->participants[index].used) != 0 ? clean_up(sync, index, PP_DIED, PP_SLICE_MS) : 0;
  if (status < 0) return status;
  atomic_store(&header->participants[index].used, PP_USED);
  return 0;
}

void pp_sync_leave(struct pp_sync *sync) {
  /* If the guard cannot be had, the others will find this participant gone and clean up. */
  if (!sync->kind->is_lock_word) clean_up(sync, pp_owner_index(sync->scope.me), PP_LEFT, PP_SLICE_MS);
}

struct pp_sync *pp_sync_find_any(int32_t index) {
  for (enum pp_kind kind = PP_LOCK; kind <= PP_BARRIER; kind++) {
    struct pp_sync *sync = pp_handle_get(index, kind);
    if (sync != NULL) return sync;
  }
  return NULL;
}

int32_t pp_sync_fd(int32_t index) {
  const struct pp_sync *sync = pp_sync_find_any(index);
  return sync == NULL ? -EBADF : sync->segment.fd;
}

int32_t pp_sync_sweep(int32_t index) {
  struct pp_sync *sync = pp_sync_find_any(index);
  return sync == NULL ? -EBADF : pp_sync_clean(sync);
}
