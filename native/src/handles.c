/* Queues by number, as JavaScript holds them, and the waiting that is not the queue's own. */
#include "handles.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "polyproc.h"
#include "queue.h"
#include "sleeper.h"

#define MOST_QUEUES 65536
/* A call from an event loop does not stand still longer than this for another process that holds a lock. */
#define LOCK_MS 2
#define SPIN_US 50
/* Waits as short as this are worth spinning for. */
#define BUSY_US 300

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct pp_queue **queues;
static int32_t room;
static const uint64_t ring_sizes[] = {64ull << 30, 8ull << 30, 4ull << 30};

static struct pp_queue *find(int32_t index) {
  pthread_mutex_lock(&guard);
  struct pp_queue *queue = index >= 0 && index < room ? queues[index] : NULL;
  pthread_mutex_unlock(&guard);
  return queue;
}

static int32_t insert(struct pp_queue *queue) {
  int32_t index = 0;
  pthread_mutex_lock(&guard);
  while (index < room && queues[index] != NULL) index++;
  if (index == room) {
    int32_t wanted = room == 0 ? 16 : room * 2;
    struct pp_queue **larger = wanted > MOST_QUEUES ? NULL : realloc(queues, (size_t)wanted * sizeof *queues);
    if (larger != NULL) {
      for (int32_t i = room; i < wanted; i++) larger[i] = NULL;
      queues = larger;
      room = wanted;
    } else index = -EMFILE;
  }
  if (index >= 0) queues[index] = queue;
  pthread_mutex_unlock(&guard);
  return index;
}

static int32_t adopt(struct pp_queue *queue, int status, int32_t inbox) {
  if (status == 0) {
    queue->inbox = inbox;
    status = insert(queue);
    if (status < 0) pp_queue_detach(queue);
  }
  if (status < 0) free(queue);
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

int32_t pp_queue_close(int32_t index) {
  pthread_mutex_lock(&guard);
  struct pp_queue *queue = index >= 0 && index < room ? queues[index] : NULL;
  if (queue != NULL) queues[index] = NULL;
  pthread_mutex_unlock(&guard);
  if (queue == NULL) return -EBADF;
  pp_sleeper_forget(queue);
  pp_queue_detach(queue);
  free(queue);
  return 0;
}

void pp_handles_close_all(int32_t inbox) {
  for (int32_t index = 0; index < room; index++) {
    const struct pp_queue *queue = find(index);
    if (queue != NULL && queue->inbox == inbox) pp_queue_close(index);
  }
}

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
  if (status == -EAGAIN && queue->spin_us > 0) {
    if (pp_spin(&queue->header->signals[PP_ITEMS].sequence, queue->seen[PP_ITEMS], queue->spin_us))
      status = pp_queue_get_item(queue, bytes, space, LOCK_MS);
    else queue->spin_us = 0;
  }
  int64_t now = status == -EAGAIN || queue->empty_since != 0 ? pp_now() : 0;
  if (status == -EAGAIN) queue->empty_since = now;
  else if (queue->empty_since != 0) {
    queue->spin_us = now - queue->empty_since < BUSY_US ? SPIN_US : 0;
    queue->empty_since = 0;
  }
  return status;
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

int32_t pp_queue_watch(int32_t index, int32_t id, int32_t what) {
  struct pp_queue *queue = find(index);
  if (queue == NULL || what < PP_ITEMS || what > PP_PUT_LOCK) return queue == NULL ? -EBADF : -EINVAL;
  return pp_sleeper_watch(queue, queue->inbox, id, what);
}

int32_t pp_queue_pass(int32_t index, int32_t what) {
  struct pp_queue *queue = find(index);
  if (queue == NULL || what < PP_ITEMS) return queue == NULL ? -EBADF : -EINVAL;
  pp_queue_pass_on(queue, what);
  return 0;
}

int32_t pp_queue_wait(int32_t index, int32_t what, int32_t ms) {
  struct pp_queue *queue = find(index);
  if (queue == NULL || what < PP_ITEMS || what > PP_PUT_LOCK) return queue == NULL ? -EBADF : -EINVAL;
  pp_word *word = pp_queue_word(queue, what);
  int64_t until = pp_now() + (int64_t)ms * 1000;
  if (pp_spin(word, queue->seen[what], SPIN_US)) return 0;
  for (;;) {
    int64_t left = (until - pp_now()) / 1000;
    if (left <= 0) return -ETIMEDOUT;
    int status = pp_futex_wait(word, queue->seen[what], left < PP_SLICE_MS ? (int)left : PP_SLICE_MS);
    if (what >= PP_QUEUE_WORDS) return 0;
    /* Others may sleep on the word from which this one was woken. */
    pp_queue_word(queue, what);
    if (status == -ETIMEDOUT) pp_queue_sweep(queue);
    if (atomic_load(word) != queue->seen[what]) return 0;
    if (status == -EINTR) return 0;
  }
}
