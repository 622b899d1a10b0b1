/* Marking items done, and waiting until all are. */
#include <errno.h>
#include <stddef.h>

#include "queue/held.h"
#include "queue/locks.h"
#include "queue/recover.h"
#include "queue/state.h"
#include "queue/tidy.h"
#include "wait/futex.h"

/* Moves FREE over the records at the front that are finished. The record at `marked` counts as finished, although its state is still to
 * be changed by the log. */
static int free_finished(const struct pp_queue *queue, pp_get_state get, uint64_t marked) {
  struct pp_found found;
  for (; get[QUEUE_FREE] != get[QUEUE_HEAD]; get[QUEUE_FREE] = found.next) {
    int status = pp_ring_inspect(queue, get[QUEUE_FREE], get[QUEUE_HEAD], &found);
    if (status < 0) return status;
    if (found.at != marked && !pp_ring_is_finished(&found)) break;
  }
  return 0;
}

/* Finds the item to mark: the oldest one of this participant. Whoever has another one goes on with it, and if it dies, the item comes back. */
static int find_taken(struct pp_queue *queue, const pp_get_state get, struct pp_found *found) {
  int status = pp_held_first(queue, get, found);
  if (status == 0 && queue->held.incomplete) status = pp_ring_search(queue, get, get[QUEUE_FREE], pp_ring_is_state, queue->scope.me, found);
  return status;
}

/* A queue that redelivers keeps taken items in the ring and marks the record. */
static int mark_record(struct pp_queue *queue, pp_get_state get) {
  struct pp_found found;
  int status = find_taken(queue, get, &found);
  if (status <= 0) return status == 0 ? -EINVAL : status;
  get[QUEUE_DONE]++;
  pp_queue_set_log(get, QUEUE_LOG_STATE, found.at, RING_FINISHED);
  status = free_finished(queue, get, found.at);
  if (status == 0) status = pp_queue_commit_get(queue, get);
  bool passed = get[QUEUE_FREE] - found.at <= get[QUEUE_HEAD] - found.at && get[QUEUE_FREE] != found.at;
  return status < 0 || passed ? status : pp_tidy_some(queue, get);
}

/* Any other queue only counts the items that each participant has taken. */
static int count_down(struct pp_queue *queue, pp_get_state get) {
  struct pp_participant *table = queue->header->participants;
  uint32_t index = pp_owner_index(queue->scope.me);
  if ((atomic_load(&table[index].taken) & QUEUE_UNDONE) == 0) {
    for (index = 0; index < PP_PARTICIPANTS && (atomic_load(&table[index].taken) & QUEUE_UNDONE) == 0;) index++;
    if (index == PP_PARTICIPANTS) return -EINVAL;
  }
  get[QUEUE_DONE]++;
  pp_queue_set_log(get, QUEUE_LOG_TAKEN, index, (atomic_load(&table[index].taken) & QUEUE_UNDONE) - 1);
  return pp_queue_commit_get(queue, get);
}

int32_t pp_queue_task_done(int32_t index) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_get_state get;
  int status = pp_queue_lock_get(queue, QUEUE_LOCK_MS); /* D1 */
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  status = pp_queue_read_get(queue, get);
  if (status == 0) status = queue->redeliver ? mark_record(queue, get) : count_down(queue, get); /* D2 */
  pp_queue_unlock_get(queue); /* D3 */
  if (status == 0) pp_queue_announce(queue, PP_DONE, INT32_MAX);
  return status;
}

/* Notes that the abandoned items were reported, so that no later join reports them again. */
static int note_told(struct pp_queue *queue, pp_get_state get) {
  int status = pp_queue_lock_get(queue, QUEUE_LOCK_MS);
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  status = pp_queue_read_get(queue, get);
  if (status == 0) {
    get[QUEUE_TOLD] = get[QUEUE_ABANDONED];
    pp_queue_set_log(get, QUEUE_LOG_NONE, 0, 0);
    status = pp_queue_commit_get(queue, get);
  }
  pp_queue_unlock_get(queue);
  queue->told = get[QUEUE_TOLD];
  return status;
}

int32_t pp_queue_join(int32_t index, int32_t fresh) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_put_state put;
  pp_get_state get;
  pp_queue_sweep(queue);
  pp_queue_note(queue);
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  if (fresh) queue->told = get[QUEUE_TOLD];
  uint64_t untold = get[QUEUE_ABANDONED] - queue->told;
  if (untold == 0) return put[QUEUE_PUTS] == get[QUEUE_DONE] ? 0 : -EAGAIN;
  status = note_told(queue, get);
  return status < 0 ? status : (int)(untold & INT32_MAX);
}
