#include "sync.h"

#include <errno.h>
#include <stdlib.h>

#include "failpoint.h"
#include "polyproc.h"
#include "sleeper.h"

#define MAGIC 0x3153434e59535050ull /* "PPSYNCS1" */
#define VERSION 1
#define LOCK_MS 2

static int forget(struct pp_sync *sync, uint32_t index, enum pp_farewell farewell) {
  switch (sync->kind) {
    case PP_SEMAPHORE:
      return pp_semaphore_forget(sync, index);
    case PP_CONDITION:
      return pp_condition_forget(sync, index);
    case PP_BARRIER:
      return pp_barrier_forget(sync, index, farewell);
    default:
      return 0;
  }
}

static int enter(struct pp_sync *sync, int ms) {
  int status = pp_lock_take(&sync->scope, &sync->header->guard, ms);
  sync->busy = status == -EBUSY;
  return status > 0 ? 0 : status;
}

int pp_sync_enter(struct pp_sync *sync) { return enter(sync, PP_SLICE_MS); }
int pp_sync_try_enter(struct pp_sync *sync) { return enter(sync, LOCK_MS); }
void pp_sync_leave(struct pp_sync *sync) { pp_lock_release(&sync->header->guard); }
void pp_sync_note(struct pp_sync *sync) { sync->seen = atomic_load(&sync->header->notice.sequence); }
void pp_sync_tell(struct pp_sync *sync, int count) { pp_notice_give(&sync->header->notice, count); }

/* --- participants --- */

static int clean_up(struct pp_sync *sync, uint32_t index, enum pp_farewell farewell) {
  int status = pp_sync_enter(sync);
  if (status < 0) return status;
  struct pp_participant *participant = &sync->header->participants[index];
  /* Meanwhile somebody else may have done it, or have come in its place. */
  bool still = index == pp_owner_index(sync->scope.me) || pp_participant_gone(&sync->segment, index);
  if (still && atomic_load(&participant->used) != 0) {
    status = forget(sync, index, farewell);
    FAILPOINT("sync.forgotten");
    atomic_store(&participant->used, 0);
  }
  pp_sync_leave(sync);
  if (status == 1) pp_sync_tell(sync, INT32_MAX);
  return status;
}

static int owner_is_dead(const struct pp_sync *sync) {
  uint32_t word = atomic_load(&sync->header->lock) & PP_OWNER_MASK;
  return word != 0 && word != sync->scope.me && pp_owner_dead(&sync->segment, sync->scope.table, word) != 0;
}

int pp_sync_clean(struct pp_sync *sync) {
  if (sync->kind == PP_LOCK) return owner_is_dead(sync);
  int again = sync->busy;
  uint32_t own = pp_owner_index(sync->scope.me), highest = atomic_load(&sync->header->highest);
  for (uint32_t index = 0; index <= highest && index < PP_PARTICIPANTS; index++) {
    if (index == own || atomic_load(&sync->header->participants[index].used) == 0) continue;
    int status = pp_participant_gone(&sync->segment, index) ? clean_up(sync, index, PP_DIED) : 0;
    if (status != 0) again = 1;
    /* Whoever has the guard does not let it go: it is not waited for once more for each of the dead. */
    if (status < 0) break;
  }
  return again;
}

static int take_place(struct pp_sync *sync) {
  struct pp_sync_header *header = sync->header;
  sync->scope = (struct pp_lock_scope){.segment = &sync->segment, .table = header->participants};
  int status = pp_participant_join(&sync->segment, header->participants, &sync->scope.me);
  if (status < 0) return status;
  uint32_t index = pp_owner_index(sync->scope.me), highest = atomic_load(&header->highest);
  while (highest < index && !atomic_compare_exchange_weak(&header->highest, &highest, index)) continue;
  status = atomic_load(&header->participants[index].used) != 0 ? clean_up(sync, index, PP_DIED) : 0;
  if (status < 0) return status;
  atomic_store(&header->participants[index].used, 1);
  return 0;
}

/* --- by number --- */

static void close_sync(void *object, int owner_ended) {
  struct pp_sync *sync = object;
  pp_sleeper_forget(sync);
  /* Where the guard is not to be had, the others will find this participant gone. */
  if (!owner_ended && sync->kind != PP_LOCK) clean_up(sync, pp_owner_index(sync->scope.me), PP_LEFT);
  pp_segment_close(&sync->segment);
  free(sync);
}

static int32_t adopt(struct pp_sync *sync, int status, int32_t inbox) {
  if (status >= 0) return pp_handle_add(sync->kind, inbox, sync, close_sync);
  pp_segment_close(&sync->segment);
  free(sync);
  return status;
}

static bool is_sync(int32_t kind) { return kind >= PP_LOCK && kind <= PP_BARRIER; }

int32_t pp_sync_make(int32_t inbox, int32_t kind, int32_t first, int32_t second) {
  struct pp_sync *sync = is_sync(kind) ? calloc(1, sizeof *sync) : NULL;
  if (sync == NULL) return is_sync(kind) ? -ENOMEM : -EINVAL;
  sync->kind = (enum pp_kind)kind;
  uint64_t size = (sizeof *sync->header + 4095) & ~4095ull;
  int status = pp_segment_make(&sync->segment, size);
  if (status == 0) status = pp_segment_fill(&sync->segment, 0, size);
  if (status == 0) {
    sync->header = (struct pp_sync_header *)(void *)sync->segment.base;
    sync->header->magic = MAGIC;
    sync->header->version = VERSION;
    sync->header->kind = (uint32_t)kind;
    sync->header->settings[0] = first;
    sync->header->settings[1] = second;
    atomic_store(&sync->header->ready, 1);
    status = take_place(sync);
  }
  return adopt(sync, status, inbox);
}

static int check_header(const struct pp_sync *sync, int32_t kind) {
  const struct pp_sync_header *header = (const struct pp_sync_header *)(void *)sync->segment.base;
  uint64_t size = (sizeof *header + 4095) & ~4095ull;
  if (sync->segment.size != size || header->magic != MAGIC || atomic_load(&header->ready) != 1) return -EBADMSG;
  if (header->version != VERSION) return -EPROTO;
  return header->kind == (uint32_t)kind ? 0 : -EBADMSG;
}

int32_t pp_sync_open(int32_t inbox, int32_t fd, int32_t kind) {
  struct pp_sync *sync = is_sync(kind) ? calloc(1, sizeof *sync) : NULL;
  if (sync == NULL) return is_sync(kind) ? -ENOMEM : -EINVAL;
  sync->kind = (enum pp_kind)kind;
  int status = pp_segment_open(&sync->segment, fd);
  if (status == 0) status = check_header(sync, kind);
  if (status == 0) {
    sync->header = (struct pp_sync_header *)(void *)sync->segment.base;
    status = take_place(sync);
  }
  return adopt(sync, status, inbox);
}

struct pp_sync *pp_sync_find(int32_t index, enum pp_kind kind) { return pp_handle_get(index, kind); }

static struct pp_sync *find_any(int32_t index) {
  for (enum pp_kind kind = PP_LOCK; kind <= PP_BARRIER; kind++) {
    struct pp_sync *sync = pp_handle_get(index, kind);
    if (sync != NULL) return sync;
  }
  return NULL;
}

int32_t pp_sync_close(int32_t index) {
  for (enum pp_kind kind = PP_LOCK; kind <= PP_BARRIER; kind++)
    if (pp_handle_close(index, kind) == 0) return 0;
  return -EBADF;
}

int32_t pp_sync_fd(int32_t index) {
  const struct pp_sync *sync = find_any(index);
  return sync == NULL ? -EBADF : sync->segment.fd;
}

int32_t pp_sync_sweep(int32_t index) {
  struct pp_sync *sync = find_any(index);
  return sync == NULL ? -EBADF : pp_sync_clean(sync);
}

static int sweep(void *sync) { return pp_sync_clean(sync); }

static struct pp_watch watch_of(struct pp_sync *sync) {
  struct pp_watch watch = {.object = sync, .seen = sync->seen, .sweep = sweep, .spinner = &sync->spinner};
  if (sync->kind == PP_LOCK) watch.word = &sync->header->lock;
  else {
    watch.notice = &sync->header->notice;
    watch.word = &watch.notice->sequence;
  }
  return watch;
}

int32_t pp_sync_watch(int32_t index, int32_t id) {
  struct pp_sync *sync = find_any(index);
  if (sync == NULL) return -EBADF;
  if (sync->kind == PP_LOCK) pp_lock_mark(&sync->header->lock, &sync->seen);
  struct pp_watch watch = watch_of(sync);
  watch.inbox = pp_handle_inbox(index);
  watch.id = id;
  return pp_sleeper_watch(&watch);
}

int32_t pp_sync_spin(int32_t index) {
  struct pp_sync *sync = find_any(index);
  if (sync == NULL) return -EBADF;
  if (sync->kind == PP_LOCK) sync->seen = atomic_load(&sync->header->lock);
  struct pp_watch watch = watch_of(sync);
  return pp_spin(watch.spinner, watch.word, watch.seen);
}

int32_t pp_sync_pass(int32_t index) {
  struct pp_sync *sync = find_any(index);
  if (sync == NULL) return -EBADF;
  if (sync->kind == PP_LOCK) pp_futex_wake(&sync->header->lock, 1);
  else pp_sync_tell(sync, 1);
  return 0;
}

int32_t pp_sync_wait(int32_t index, int32_t ms) {
  struct pp_sync *sync = find_any(index);
  if (sync == NULL) return -EBADF;
  if (sync->kind == PP_LOCK) pp_lock_mark(&sync->header->lock, &sync->seen);
  struct pp_watch watch = watch_of(sync);
  return pp_watch_sleep(&watch, ms);
}
