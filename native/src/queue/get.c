/* Taking an item. A get copies the record at HEAD out and then commits one snapshot. A process that is killed before the commit has changed
 * nothing. After the commit, at most the log entry is left for the next holder of the get lock to carry out. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/failpoint.h"
#include "queue/held.h"
#include "queue/locks.h"
#include "queue/room.h"
#include "queue/state.h"
#include "queue/waiting.h"

/* Finds the item to take. Items that were given back come before those that were never taken. */
static int choose(const struct pp_queue *queue, const pp_put_state put, const pp_get_state get, struct pp_found *found) {
  if (get[QUEUE_BACK] == 0) return pp_ring_inspect_item(queue, get[QUEUE_HEAD], put[QUEUE_TAIL], found);
  int status = pp_ring_search(queue, get, get[QUEUE_FREE], pp_ring_is_state, RING_WAITING, found);
  return status == 0 ? -EBADMSG : status < 0 ? status : 0;
}

/* Writes into the snapshot that this participant has taken the item. */
static void note_taken(const struct pp_queue *queue, pp_get_state get, const struct pp_found *found) {
  uint32_t index = pp_owner_index(queue->scope.me);
  if (get[QUEUE_BACK] > 0) get[QUEUE_BACK]--;
  else get[QUEUE_HEAD] = found->next;
  get[QUEUE_OUT]++;
  get[QUEUE_GETS]++;
  if (queue->redeliver) pp_queue_set_log(get, QUEUE_LOG_STATE, found->at, queue->scope.me);
  else {
    uint64_t taken = atomic_load(&queue->header->participants[index].taken) & ~QUEUE_IN_HAND;
    get[QUEUE_FREE] = get[QUEUE_HEAD];
    pp_queue_set_log(get, QUEUE_LOG_TAKEN, index, (taken + 1) | QUEUE_IN_HAND);
  }
}

static int get_locked(struct pp_queue *queue, uint8_t *bytes, uint32_t room, bool *more, bool *objects) {
  pp_put_state put;
  pp_get_state get;
  struct pp_found found;
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return status;
  if (put[QUEUE_PUTS] == get[QUEUE_OUT]) return put[QUEUE_SHUT] != 0 ? -ESHUTDOWN : -EAGAIN;
  status = choose(queue, put, get, &found);
  if (status < 0) return status;
  if (found.length > room) {
    queue->needed = (int32_t)found.length;
    return found.length > INT32_MAX ? -EBADMSG : -EMSGSIZE;
  }
  if (found.length > 0) memcpy(bytes, queue->ring + found.at % queue->ring_size + RING_RECORD, found.length); /* G2 */
  FAILPOINT("get.copied");
  pp_room_release_some(queue, get);
  note_taken(queue, get, &found);
  status = pp_queue_commit_get(queue, get); /* G3, G4 */
  if (status < 0) return status;
  if (queue->redeliver) pp_held_add(&queue->held, found.at);
  FAILPOINT("get.committed");
  *more = put[QUEUE_PUTS] != get[QUEUE_OUT];
  *objects = found.objects;
  return (int)found.length;
}

static int try_get(struct pp_queue *queue, uint8_t *bytes, uint32_t room) {
  pp_queue_note(queue);
  int status = pp_queue_lock_get(queue, QUEUE_LOCK_MS); /* G1 */
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  bool more = false, objects = false;
  status = get_locked(queue, bytes, room, &more, &objects);
  if (status >= 0 && !more) pp_room_rewind(queue);
  pp_queue_unlock_get(queue); /* G5 */
  FAILPOINT("get.unlocked");
  if (status < 0) return status;
  if (more) pp_queue_announce(queue, PP_ITEMS, 1);
  pp_queue_announce(queue, PP_ROOM, 1);
  if (objects) atomic_fetch_add(&queue->header->holding[pp_owner_index(queue->scope.me)], 1);
  atomic_fetch_and(&queue->header->participants[pp_owner_index(queue->scope.me)].taken, ~QUEUE_IN_HAND); /* G6 */
  return status;
}

/* If the queue is empty, spins for a moment before it gives up. In a busy exchange this is cheaper than being woken. */
static int try_get_spinning(struct pp_queue *queue, uint8_t *bytes, uint32_t room) {
  int status = try_get(queue, bytes, room);
  const pp_word *word = &queue->header->notices[PP_ITEMS].sequence;
  if (status != -EAGAIN || !pp_spin(&queue->spinner, word, queue->seen[PP_ITEMS])) return status;
  return try_get(queue, bytes, room);
}

int32_t pp_queue_get(int32_t index, uint8_t *bytes, int32_t room, int32_t ms) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || room < 0) return queue == NULL ? -EBADF : -EINVAL;
  if (ms < 0) return try_get(queue, bytes, (uint32_t)room);
  int status = try_get_spinning(queue, bytes, (uint32_t)room);
  if (ms == 0 || (status != -EAGAIN && status != -EBUSY)) return status;
  pp_queue_sleep(queue, status == -EBUSY ? PP_GET_LOCK : PP_ITEMS, ms);
  return try_get_spinning(queue, bytes, (uint32_t)room);
}

int32_t pp_queue_needed(int32_t index) {
  const struct pp_queue *queue = pp_queue_find(index);
  return queue == NULL ? -EBADF : queue->needed;
}

int32_t pp_queue_poll(int32_t index) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_put_state put;
  pp_get_state get;
  pp_queue_note(queue);
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  return put[QUEUE_PUTS] != get[QUEUE_OUT] || put[QUEUE_SHUT] != 0;
}

int32_t pp_queue_settle(int32_t index) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  atomic_fetch_sub(&queue->header->holding[pp_owner_index(queue->scope.me)], 1);
  return 0;
}
