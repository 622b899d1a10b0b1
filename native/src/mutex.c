/* Lock and RLock: the word of lock.h, held by a participant until somebody releases it, with a depth where it is recursive. */
#include <errno.h>
#include <stddef.h>

#include "polyproc.h"
#include "sync.h"

static bool is_mine(const struct pp_sync *sync) { return (atomic_load(&sync->header->lock) & PP_OWNER_MASK) == sync->scope.me; }

int32_t pp_mutex_acquire(int32_t index, int32_t depth, int32_t ms) {
  struct pp_sync *sync = pp_sync_find(index, PP_LOCK);
  if (sync == NULL || depth < 1) return sync == NULL ? -EBADF : -EINVAL;
  bool recursive = sync->header->settings[0] != 0;
  if (recursive && is_mine(sync)) {
    if (sync->depth > INT32_MAX - depth) return -EOVERFLOW;
    sync->depth += depth;
    return 0;
  }
  int status = pp_lock_try(&sync->scope, &sync->header->lock, sync->slept);
  if (status == -EBUSY && ms > 0) status = pp_lock_take(&sync->scope, &sync->header->lock, ms);
  sync->slept = status == -EBUSY;
  if (status < 0) return status == -EBUSY ? -EAGAIN : status;
  sync->depth = depth;
  return status;
}

int32_t pp_mutex_release(int32_t index, int32_t all) {
  struct pp_sync *sync = pp_sync_find(index, PP_LOCK);
  if (sync == NULL) return -EBADF;
  if (sync->header->settings[0] != 0) {
    if (!is_mine(sync)) return -EPERM;
    int released = all ? sync->depth : 1;
    sync->depth -= released;
    if (sync->depth == 0) pp_lock_release(&sync->header->lock);
    return released;
  }
  /* As in Python anyone may release a lock that is held; one that was left by the dead is for who acquires it, and is told so. */
  if (pp_sync_clean(sync) != 0) return -EPERM;
  return pp_lock_release(&sync->header->lock) == 0 ? -EPERM : 1;
}

int32_t pp_mutex_mine(int32_t index) {
  const struct pp_sync *sync = pp_sync_find(index, PP_LOCK);
  return sync == NULL ? -EBADF : is_mine(sync) ? sync->depth : 0;
}
