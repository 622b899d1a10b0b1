/* Putting an item. A put copies its record behind TAIL, where no reader looks, and then commits one snapshot. A process that is killed
 * before the commit has changed nothing. The numbered steps here and in the other files are those of model/queue.pml. */
#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "queue/locks.h"
#include "queue/ring.h"
#include "queue/room.h"
#include "queue/state.h"
#include "queue/waiting.h"

static int put_locked(struct pp_queue *queue, const uint8_t *bytes, uint32_t length, bool objects) {
  pp_put_state put;
  pp_get_state get;
  uint64_t at, need = pp_ring_space(length);
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return status;
  if (put[QUEUE_SHUT] != 0) return -ESHUTDOWN;
  if (queue->maxsize > 0 && put[QUEUE_PUTS] - get[QUEUE_OUT] >= queue->maxsize) return -EAGAIN;
  /* A record of at most half the ring fits into an empty ring wherever the lap ends. A larger one might never fit. */
  if (length > PP_LARGEST || 2 * (need + RING_RECORD) > queue->ring_size) return -EMSGSIZE;
  status = pp_room_make(queue, put, get, need, &at);
  if (status == 0) status = pp_room_reserve(queue, put, get, at, need);
  if (status < 0) return status;
  FAILPOINT("put.before_copy");
  pp_ring_write(queue, at, RING_ITEM, bytes, length, objects); /* P2 */
  if (at != put[QUEUE_TAIL]) pp_ring_write(queue, put[QUEUE_TAIL], RING_SKIP, NULL, 0, false);
  FAILPOINT("put.copied");
  put[QUEUE_TAIL] = at + need;
  put[QUEUE_PUTS]++;
  pp_queue_commit_put(queue, put); /* P3 */
  queue->put_at = at;
  return 0;
}

static int try_put(struct pp_queue *queue, const uint8_t *bytes, uint32_t length, bool objects) {
  pp_queue_note(queue);
  int status = pp_queue_lock_put(queue, QUEUE_LOCK_MS); /* P1 */
  if (status < 0) return pp_queue_note_busy(queue, PP_PUT_LOCK, status);
  status = put_locked(queue, bytes, length, objects);
  pp_queue_unlock_put(queue); /* P4 */
  FAILPOINT("put.unlocked");
  if (status == 0) pp_queue_announce(queue, PP_ITEMS, 1); /* P5 */
  return status;
}

static int32_t put_item(int32_t index, const uint8_t *bytes, int32_t length, int32_t ms, bool objects) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || length < 0) return queue == NULL ? -EBADF : -EINVAL;
  int status = try_put(queue, bytes, (uint32_t)length, objects);
  if (ms == 0 || (status != -EAGAIN && status != -EBUSY)) return status;
  pp_queue_sleep(queue, status == -EBUSY ? PP_PUT_LOCK : PP_ROOM, ms);
  return try_put(queue, bytes, (uint32_t)length, objects);
}

int32_t pp_queue_put(int32_t index, const uint8_t *bytes, int32_t length, int32_t ms) { return put_item(index, bytes, length, ms, false); }

int32_t pp_queue_put_objects(int32_t index, const uint8_t *bytes, int32_t length, int32_t ms) {
  return put_item(index, bytes, length, ms, true);
}
