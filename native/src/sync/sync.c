/* Making, opening and closing a synchronization object of any kind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/kinds.h"
#include "wait/inbox.h"
#include "wait/sleeper.h"

#define MAGIC 0x3153434e59535050ull /* "PPSYNCS1" */
#define VERSION 2
#define SIZE ((sizeof(struct pp_sync_header) + 4095) & ~4095ull)

static const struct pp_sync_kind *const kinds[] = {
    [PP_LOCK] = &pp_lock_kind,           [PP_SEMAPHORE] = &pp_semaphore_kind, [PP_EVENT] = &pp_event_kind,
    [PP_CONDITION] = &pp_condition_kind, [PP_BARRIER] = &pp_barrier_kind,
};

static const struct pp_sync_kind *kind_of(int32_t number) {
  return number >= 0 && number < (int32_t)(sizeof kinds / sizeof *kinds) ? kinds[number] : NULL;
}

static void close_sync(void *object, int owner_ended) {
  struct pp_sync *sync = object;
  pp_sleeper_forget(sync);
  /* A thread that ended without closing the object counts as dead. So what it held is handled like that of a process that died. */
  if (!owner_ended) pp_sync_leave(sync);
  pp_segment_close(&sync->segment);
  free(sync);
}

static struct pp_sync *allocate(const struct pp_sync_kind *kind) {
  struct pp_sync *sync = calloc(1, sizeof *sync);
  if (sync != NULL) sync->kind = kind;
  return sync;
}

static int32_t add_handle(struct pp_sync *sync, int status, int32_t inbox, int32_t kind) {
  if (status >= 0) return pp_handle_add((enum pp_kind)kind, inbox, sync, close_sync);
  pp_segment_close(&sync->segment);
  free(sync);
  return status;
}

int32_t pp_sync_make(int32_t inbox, int32_t kind, int32_t first, int32_t second) {
  if (kind_of(kind) == NULL) return -EINVAL;
  struct pp_sync *sync = allocate(kind_of(kind));
  if (sync == NULL) return -ENOMEM;
  int status = pp_segment_make(&sync->segment, SIZE);
  if (status == 0) status = pp_segment_fill(&sync->segment, 0, SIZE);
  if (status == 0) {
    sync->header = (struct pp_sync_header *)(void *)sync->segment.base;
    sync->header->magic = MAGIC;
    sync->header->version = VERSION;
    sync->header->kind = (uint32_t)kind;
    sync->header->settings[0] = first;
    sync->header->settings[1] = second;
    struct pp_bell bell = pp_inbox_bell(inbox);
    memcpy(sync->header->folder, bell.folder, sizeof bell.folder);
    atomic_store(&sync->header->ready, 1);
    status = pp_sync_enter(sync, inbox);
  }
  return add_handle(sync, status, inbox, kind);
}

int pp_sync_check(struct pp_sync *sync) {
  struct pp_sync_header *header = (struct pp_sync_header *)(void *)sync->segment.base;
  if (sync->segment.size != SIZE || header->magic != MAGIC || atomic_load(&header->ready) != 1) return -EBADMSG;
  if (header->version != VERSION) return -EPROTO;
  sync->header = header;
  sync->kind = kind_of((int32_t)header->kind);
  return sync->kind == NULL ? -EBADMSG : 0;
}

int32_t pp_sync_open(int32_t inbox, int32_t fd, int32_t kind) {
  struct pp_sync *sync = kind_of(kind) == NULL ? NULL : allocate(kind_of(kind));
  if (sync == NULL) {
    close(fd);
    return kind_of(kind) == NULL ? -EINVAL : -ENOMEM;
  }
  int status = pp_segment_open(&sync->segment, fd);
  if (status == 0) status = pp_sync_check(sync);
  if (status == 0) status = sync->kind == kind_of(kind) ? pp_sync_enter(sync, inbox) : -EBADMSG;
  return add_handle(sync, status, inbox, kind);
}

int32_t pp_sync_close(int32_t index) {
  for (enum pp_kind kind = PP_LOCK; kind <= PP_BARRIER; kind++)
    if (pp_handle_close(index, kind) == 0) return 0;
  return -EBADF;
}
