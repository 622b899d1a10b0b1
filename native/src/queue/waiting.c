#include "queue/waiting.h"

#include <errno.h>
#include <stddef.h>

#include "queue/locks.h"
#include "queue/recover.h"
#include "wait/sleeper.h"

static int sweep(void *queue) { return pp_queue_sweep(queue); }
/* The owner of one of the queue's locks may have died, and only an attempt to take the lock finds that out. So a waiter tries after each
 * slice. */
static int look_again(void *queue) { return queue != NULL; }

static struct pp_watch watch_of(struct pp_queue *queue, int what) {
  struct pp_watch watch = {.object = queue, .scope = &queue->scope, .seen = queue->seen[what], .what = what};
  if (what < PP_QUEUE_NOTICES) watch.notice = &queue->header->notices[what];
  watch.word = watch.notice != NULL ? &watch.notice->sequence : what == PP_GET_LOCK ? &queue->header->get_lock : &queue->header->put_lock;
  watch.sweep = watch.notice != NULL ? sweep : look_again;
  /* A get has already spun for items. */
  if (what != PP_ITEMS) watch.spinner = &queue->spinner;
  return watch;
}

int pp_queue_sleep(struct pp_queue *queue, int what, int32_t ms) {
  struct pp_watch watch = watch_of(queue, what);
  return pp_watch_sleep(&watch, ms);
}

int32_t pp_queue_wait(int32_t index, int32_t what, int32_t ms) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || what < PP_ITEMS || what > PP_PUT_LOCK) return queue == NULL ? -EBADF : -EINVAL;
  return pp_queue_sleep(queue, what, ms);
}

int32_t pp_queue_watch(int32_t index, int32_t id, int32_t what) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || what < PP_ITEMS || what > PP_PUT_LOCK) return queue == NULL ? -EBADF : -EINVAL;
  struct pp_watch watch = watch_of(queue, what);
  watch.inbox = pp_handle_inbox(index);
  watch.id = id;
  return pp_sleeper_watch(&watch);
}

int32_t pp_queue_unwatched(int32_t index, int32_t what) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || what < PP_ITEMS || what > PP_PUT_LOCK) return queue == NULL ? -EBADF : -EINVAL;
  pp_participant_goes_on(queue->scope.table, queue->scope.me, PP_WATCHES(what));
  return 0;
}

int32_t pp_queue_pass(int32_t index, int32_t what) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || what < PP_ITEMS) return queue == NULL ? -EBADF : -EINVAL;
  if (what < PP_QUEUE_NOTICES) pp_queue_announce(queue, what, 1);
  return 0;
}
