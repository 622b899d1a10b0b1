/* Putting items. A put copies their records behind TAIL, where no reader looks, and then commits one snapshot. A process that is killed
 * before the commit has changed nothing. The numbered steps here and in the other files are those of model/queue.pml. */
#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "queue/list.h"
#include "queue/locks.h"
#include "queue/ring.h"
#include "queue/room.h"
#include "queue/state.h"
#include "queue/waiting.h"

/* What a call puts: one item, or those of a list. */
struct putting {
  const uint8_t *bytes;
  uint32_t length;
  bool objects, is_list;
  int32_t room; /* for how many more items there is room afterwards */
};

static int32_t room_left(const struct pp_queue *queue, const pp_put_state put, const pp_get_state get) {
  uint64_t size = put[QUEUE_PUTS] - get[QUEUE_OUT], room = size < queue->maxsize ? queue->maxsize - size : 0;
  return queue->maxsize == 0 || room > INT32_MAX ? INT32_MAX : (int32_t)room;
}

/* Writes an item's record behind TAIL, and what it changes into the snapshot. */
static int add(struct pp_queue *queue, pp_put_state put, pp_get_state get, const uint8_t *bytes, uint32_t length, bool objects) {
  uint64_t at, need = pp_ring_space(length);
  if (room_left(queue, put, get) == 0) return -EAGAIN;
  /* A record of at most half the ring fits into an empty ring wherever the lap ends. A larger one might never fit. */
  if (length > PP_LARGEST || 2 * (need + RING_RECORD) > queue->ring_size) return -EMSGSIZE;
  int status = pp_room_make(queue, put, get, need, &at);
  if (status == 0) status = pp_room_reserve(queue, put, get, at, need);
  if (status < 0) return status;
  FAILPOINT("put.before_copy");
  pp_ring_write(queue, at, RING_ITEM, bytes, length, objects); /* P2 */
  if (at != put[QUEUE_TAIL]) pp_ring_write(queue, put[QUEUE_TAIL], RING_SKIP, NULL, 0, false);
  FAILPOINT("put.copied");
  put[QUEUE_TAIL] = at + need;
  put[QUEUE_PUTS]++;
  queue->put_at = at;
  return 0;
}

/* Adds the items of a list up to the first one that can't be put, and returns their number. If that is the very first one, it returns why. */
static int add_list(struct pp_queue *queue, pp_put_state put, pp_get_state get, const uint8_t *list, uint32_t length) {
  int count = 0, status = -EINVAL;
  while (length >= LIST_LENGTH && count < INT32_MAX) {
    uint32_t size = pp_list_length(list);
    if (size > length - LIST_LENGTH) return -EINVAL;
    status = add(queue, put, get, list + LIST_LENGTH, size, false);
    if (status < 0) break;
    list += LIST_LENGTH + size;
    length -= LIST_LENGTH + size;
    count++;
  }
  return count > 0 ? count : status;
}

static int put_locked(struct pp_queue *queue, struct putting *what) {
  pp_put_state put;
  pp_get_state get;
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return status;
  if (put[QUEUE_SHUT] != 0) return -ESHUTDOWN;
  status = what->is_list ? add_list(queue, put, get, what->bytes, what->length)
                         : add(queue, put, get, what->bytes, what->length, what->objects);
  if (status < 0) return status;
  pp_queue_commit_put(queue, put); /* P3 */
  what->room = room_left(queue, put, get);
  return status;
}

static int try_put(struct pp_queue *queue, struct putting *what) {
  pp_queue_note(queue);
  int status = pp_queue_lock_put(queue, QUEUE_LOCK_MS); /* P1 */
  if (status < 0) return pp_queue_note_busy(queue, PP_PUT_LOCK, status);
  status = put_locked(queue, what);
  pp_queue_unlock_put(queue); /* P4 */
  FAILPOINT("put.unlocked");
  /* Whoever takes an item and leaves others wakes the next getter. */
  if (status >= 0) pp_queue_announce(queue, PP_ITEMS, 1); /* P5 */
  return status;
}

static int32_t put_item(int32_t index, const uint8_t *bytes, int32_t length, int32_t ms, bool objects) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || length < 0) return queue == NULL ? -EBADF : -EINVAL;
  struct putting what = {.bytes = bytes, .length = (uint32_t)length, .objects = objects};
  int status = try_put(queue, &what);
  if (ms == 0 || (status != -EAGAIN && status != -EBUSY)) return status;
  pp_queue_sleep(queue, status == -EBUSY ? PP_PUT_LOCK : PP_ROOM, ms);
  return try_put(queue, &what);
}

int32_t pp_queue_put(int32_t index, const uint8_t *bytes, int32_t length, int32_t ms) { return put_item(index, bytes, length, ms, false); }

int32_t pp_queue_put_objects(int32_t index, const uint8_t *bytes, int32_t length, int32_t ms) {
  return put_item(index, bytes, length, ms, true);
}

int32_t pp_queue_put_list(int32_t index, const uint8_t *list, int32_t length, int32_t *room) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || length < 0) return queue == NULL ? -EBADF : -EINVAL;
  struct putting what = {.bytes = list, .length = (uint32_t)length, .is_list = true};
  int status = try_put(queue, &what);
  *room = what.room;
  return status;
}
