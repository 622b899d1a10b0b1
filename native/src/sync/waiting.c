/* Waiting for a synchronization object of any kind. */
#include <errno.h>
#include <stddef.h>

#include "sync/object.h"
#include "wait/futex.h"
#include "wait/sleeper.h"

static int sweep(void *sync) { return pp_sync_clean(sync); }

/* The process that released the lock may have died before it gave the notice. Then the lock is free, or its new owner does not know that
 * somebody waits. */
static int sweep_lock(void *object) {
  const struct pp_sync *sync = object;
  return (atomic_load(&sync->header->lock) & PP_ROBUST_LOCK_WAITERS) == 0 || pp_sync_clean(object);
}

static struct pp_watch watch_of_notice(struct pp_sync *sync) {
  struct pp_notice *notice = &sync->header->notice;
  return (struct pp_watch){.object = sync, .scope = &sync->scope, .notice = notice, .word = &notice->sequence, .seen = sync->seen, .sweep = sweep,
                           .spinner = &sync->spinner};
}

/* What a thread waits for: of a lock the word itself, which changes before its notice is given. */
static struct pp_watch watch_of(struct pp_sync *sync) {
  struct pp_watch watch = watch_of_notice(sync);
  if (!sync->kind->is_lock_word) return watch;
  watch.notice = NULL;
  watch.word = &sync->header->lock;
  return watch;
}

int32_t pp_sync_watch(int32_t index, int32_t id) {
  struct pp_sync *sync = pp_sync_find_any(index);
  if (sync == NULL) return -EBADF;
  uint32_t sequence = atomic_load(&sync->header->notice.sequence);
  struct pp_watch watch = watch_of_notice(sync);
  if (sync->kind->is_lock_word) {
    pp_robust_lock_mark(&sync->header->lock, &sync->seen);
    /* If the lock became free before it was marked, its release gave no notice. So the event loop looks again at once. */
    watch.seen = (atomic_load(&sync->header->lock) & PP_ROBUST_LOCK_WAITERS) == 0 ? sequence - 1 : sequence;
    watch.sweep = sweep_lock;
  }
  watch.inbox = pp_handle_inbox(index);
  watch.id = id;
  return pp_sleeper_watch(&watch);
}

int32_t pp_sync_unwatched(int32_t index) {
  struct pp_sync *sync = pp_sync_find_any(index);
  if (sync == NULL) return -EBADF;
  pp_participant_goes_on(sync->scope.table, sync->scope.me, PP_WATCHES(0));
  return 0;
}

int32_t pp_sync_spin(int32_t index) {
  struct pp_sync *sync = pp_sync_find_any(index);
  if (sync == NULL) return -EBADF;
  if (sync->kind->is_lock_word) sync->seen = atomic_load(&sync->header->lock);
  struct pp_watch watch = watch_of(sync);
  return pp_spin(watch.spinner, watch.word, watch.seen);
}

int32_t pp_sync_pass(int32_t index) {
  struct pp_sync *sync = pp_sync_find_any(index);
  if (sync == NULL) return -EBADF;
  if (sync->kind->is_lock_word) pp_futex_wake(&sync->header->lock, 1);
  pp_sync_tell(sync, 1);
  return 0;
}

int32_t pp_sync_wait(int32_t index, int32_t ms) {
  struct pp_sync *sync = pp_sync_find_any(index);
  if (sync == NULL) return -EBADF;
  if (sync->kind->is_lock_word) pp_robust_lock_mark(&sync->header->lock, &sync->seen);
  struct pp_watch watch = watch_of(sync);
  return pp_watch_sleep(&watch, ms);
}
