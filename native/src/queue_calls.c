/* A queue's calls from JavaScript, by its number, and the waiting that is not the queue's own. */
#include <errno.h>
#include <stdlib.h>

#include "handles.h"
#include "polyproc.h"
#include "queue.h"
#include "sleeper.h"

/* A call from an event loop does not stand still longer than this for another process that holds a lock. */
#define LOCK_MS 2

static const uint64_t ring_sizes[] = {64ull << 30, 8ull << 30, 4ull << 30};

static struct pp_queue *find(int32_t index) { return pp_handle_get(index, PP_QUEUE); }

static void close_queue(void *object, int owner_ended) {
  (void)owner_ended;
  pp_sleeper_forget(object);
  pp_queue_detach(object);
  free(object);
}

static int32_t adopt(struct pp_queue *queue, int status, int32_t inbox) {
  if (status == 0) return pp_handle_add(PP_QUEUE, inbox, queue, close_queue);
  free(queue);
  return status;
}

int32_t pp_queue_make(int32_t inbox, const uint64_t *maxsize, int32_t redeliver) {
  struct pp_queue *queue = malloc(sizeof *queue);
  if (queue == NULL) return -ENOMEM;
  int status = -ENOMEM;
  /* Address space may be limited. */
  for (unsigned i = 0; i < sizeof ring_sizes / sizeof *ring_sizes && (status == -ENOMEM || status == -EFBIG || status == -EINVAL); i++)
    status = pp_queue_make_sized(queue, ring_sizes[i], *maxsize, redeliver);
  return adopt(queue, status, inbox);
}

int32_t pp_queue_open(int32_t inbox, int32_t fd) {
  struct pp_queue *queue = malloc(sizeof *queue);
  if (queue == NULL) return -ENOMEM;
  return adopt(queue, pp_queue_attach(queue, fd), inbox);
}

int32_t pp_queue_close(int32_t index) { return pp_handle_close(index, PP_QUEUE); }

int32_t pp_queue_fd(int32_t index) {
  const struct pp_queue *queue = find(index);
  return queue == NULL ? -EBADF : queue->segment.fd;
}

int32_t pp_queue_put(int32_t index, const uint8_t *bytes, int32_t length, int32_t ms) {
  struct pp_queue *queue = find(index);
  if (queue == NULL || length < 0) return queue == NULL ? -EBADF : -EINVAL;
  int status = pp_queue_put_item(queue, bytes, (uint32_t)length, LOCK_MS);
  if (ms == 0 || (status != -EAGAIN && status != -EBUSY)) return status;
  pp_queue_wait(index, status == -EBUSY ? PP_PUT_LOCK : PP_ROOM, ms);
  return pp_queue_put_item(queue, bytes, (uint32_t)length, LOCK_MS);
}

/* Waits are short in a busy exchange: then a look without sleep is cheaper than being woken. */
static int get_spinning(struct pp_queue *queue, uint8_t *bytes, uint32_t space) {
  int status = pp_queue_get_item(queue, bytes, space, LOCK_MS);
  const pp_word *word = &queue->header->notices[PP_ITEMS].sequence;
  if (status != -EAGAIN || !pp_spin(&queue->spinner, word, queue->seen[PP_ITEMS])) return status;
  return pp_queue_get_item(queue, bytes, space, LOCK_MS);
}

int32_t pp_queue_get(int32_t index, uint8_t *bytes, int32_t space, int32_t ms) {
  struct pp_queue *queue = find(index);
  if (queue == NULL || space < 0) return queue == NULL ? -EBADF : -EINVAL;
  int status = get_spinning(queue, bytes, (uint32_t)space);
  if (ms == 0 || (status != -EAGAIN && status != -EBUSY)) return status;
  pp_queue_wait(index, status == -EBUSY ? PP_GET_LOCK : PP_ITEMS, ms);
  return get_spinning(queue, bytes, (uint32_t)space);
}

int32_t pp_queue_needed(int32_t index) {
  const struct pp_queue *queue = find(index);
  return queue == NULL ? -EBADF : queue->needed;
}

int32_t pp_queue_poll(int32_t index) {
  struct pp_queue *queue = find(index);
  return queue == NULL ? -EBADF : pp_queue_can_get(queue);
}

int32_t pp_queue_task_done(int32_t index) {
  struct pp_queue *queue = find(index);
  return queue == NULL ? -EBADF : pp_queue_mark_done(queue);
}

int32_t pp_queue_join(int32_t index, int32_t fresh) {
  struct pp_queue *queue = find(index);
  return queue == NULL ? -EBADF : pp_queue_check_joined(queue, fresh);
}

int32_t pp_queue_shutdown(int32_t index, int32_t immediate) {
  struct pp_queue *queue = find(index);
  return queue == NULL ? -EBADF : pp_queue_shut(queue, immediate);
}

int32_t pp_queue_stats(int32_t index, struct pp_queue_stats *stats) {
  struct pp_queue *queue = find(index);
  return queue == NULL ? -EBADF : pp_queue_count(queue, stats);
}

static int sweep(void *queue) { return pp_queue_sweep(queue); }
/* Who waits for a queue's own lock tries it again after each slice. */
static int try_again(void *queue) { return queue != NULL; }

static struct pp_watch watch_of(struct pp_queue *queue, int32_t what) {
  struct pp_watch watch = {.object = queue, .seen = queue->seen[what], .what = what};
  if (what < PP_QUEUE_WORDS) watch.notice = &queue->header->notices[what];
  watch.word = watch.notice != NULL ? &watch.notice->sequence : what == PP_GET_LOCK ? &queue->header->get_lock : &queue->header->put_lock;
  watch.sweep = watch.notice != NULL ? sweep : try_again;
  if (what != PP_ITEMS) watch.spinner = &queue->spinner;
  return watch;
}

int32_t pp_queue_watch(int32_t index, int32_t id, int32_t what) {
  struct pp_queue *queue = find(index);
  if (queue == NULL || what < PP_ITEMS || what > PP_PUT_LOCK) return queue == NULL ? -EBADF : -EINVAL;
  struct pp_watch watch = watch_of(queue, what);
  watch.inbox = pp_handle_inbox(index);
  watch.id = id;
  return pp_sleeper_watch(&watch);
}

int32_t pp_queue_pass(int32_t index, int32_t what) {
  struct pp_queue *queue = find(index);
  if (queue == NULL || what < PP_ITEMS) return queue == NULL ? -EBADF : -EINVAL;
  if (what < PP_QUEUE_WORDS) pp_notice_give(&queue->header->notices[what], 1);
  return 0;
}

int32_t pp_queue_wait(int32_t index, int32_t what, int32_t ms) {
  struct pp_queue *queue = find(index);
  if (queue == NULL || what < PP_ITEMS || what > PP_PUT_LOCK) return queue == NULL ? -EBADF : -EINVAL;
  struct pp_watch watch = watch_of(queue, what);
  return pp_watch_sleep(&watch, ms);
}
