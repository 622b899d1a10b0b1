/* Lock and RLock. The lock is a robust lock that a participant holds until somebody releases it. An RLock also counts how many times its
 * holder has taken it; the count is the holder's own and not in shared memory. */
#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "sync/kinds.h"

static bool is_recursive(const struct pp_sync *sync) { return sync->header->settings[0] != 0; }
static void inspect(const struct pp_sync *sync, int64_t *numbers) { numbers[0] = is_recursive(sync); }

const struct pp_sync_kind pp_lock_kind = {.is_lock_word = true, .inspect = inspect};

static bool is_mine(const struct pp_sync *sync) { return (atomic_load(&sync->header->lock) & PP_OWNER_MASK) == sync->scope.me; }

/* Wakes a thread that sleeps on the word, and an event loop. If this process is killed on the way, the others look by themselves. */
static uint32_t release(struct pp_sync *sync) {
  uint32_t before = pp_robust_lock_release(&sync->header->lock);
  FAILPOINT("lock.before_tell");
  if ((before & PP_ROBUST_LOCK_WAITERS) != 0) pp_sync_tell(sync, 1);
  return before;
}

int32_t pp_lock_acquire(int32_t index, int32_t depth, int32_t ms) {
  struct pp_sync *sync = pp_sync_find(index, PP_LOCK);
  if (sync == NULL || depth < 1) return sync == NULL ? -EBADF : -EINVAL;
  if (is_recursive(sync) && is_mine(sync)) {
    if (sync->depth > INT32_MAX - depth) return -EOVERFLOW;
    sync->depth += depth;
    return 0;
  }
  int status = pp_robust_lock_try(&sync->scope, &sync->header->lock, sync->slept);
  if (status == -EBUSY && ms > 0) {
    pp_participant_waits(sync->scope.table, sync->scope.me, PP_BLOCKS(0));
    status = pp_robust_lock_take(&sync->scope, &sync->header->lock, ms);
    pp_participant_goes_on(sync->scope.table, sync->scope.me, PP_BLOCKS(0));
  }
  sync->slept = status == -EBUSY;
  if (status < 0) return status == -EBUSY ? -EAGAIN : status;
  sync->depth = depth;
  return status;
}

int32_t pp_lock_release(int32_t index, int32_t all) {
  struct pp_sync *sync = pp_sync_find(index, PP_LOCK);
  if (sync == NULL) return -EBADF;
  if (is_recursive(sync)) {
    if (!is_mine(sync)) return -EPERM;
    int released = all ? sync->depth : 1;
    sync->depth -= released;
    if (sync->depth == 0) release(sync);
    return released;
  }
  /* As in Python, anybody may release a lock that is held. But if its holder died, the next acquire must learn that, so nobody may release
   * it before. */
  if (pp_sync_clean(sync) != 0) return -EPERM;
  return release(sync) == 0 ? -EPERM : 1;
}

int32_t pp_lock_depth(int32_t index) {
  const struct pp_sync *sync = pp_sync_find(index, PP_LOCK);
  return sync == NULL ? -EBADF : is_mine(sync) ? sync->depth : 0;
}
