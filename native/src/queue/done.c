/* Marking items done, and waiting until all are. */
#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "queue/held.h"
#include "queue/locks.h"
#include "queue/recover.h"
#include "queue/state.h"
#include "queue/tidy.h"
#include "wait/futex.h"

/* Finds the item to mark: the oldest one of this participant. Whoever has another one goes on with it, and if it dies, the item comes back. */
static int find_taken(struct pp_queue *queue, const pp_get_state get, struct pp_found *found) {
  int status = pp_held_first(queue, get, found);
  if (status == 0 && queue->held.incomplete) status = pp_ring_search(queue, get, get[QUEUE_FREE], pp_ring_is_state, queue->scope.me, found);
  return status;
}

/* Marks an item that is kept in the ring: its record says that it is finished. */
static int mark_record(struct pp_queue *queue, pp_get_state get, const struct pp_found *found) {
  get[QUEUE_DONE]++;
  pp_queue_set_log(get, QUEUE_LOG_STATE, found->at, RING_FINISHED);
  int status = pp_ring_free(queue, get, found->at);
  if (status == 0) status = pp_queue_commit_get(queue, get);
  if (status == 0) FAILPOINT("done.committed");
  bool passed = get[QUEUE_FREE] - found->at <= get[QUEUE_HEAD] - found->at && get[QUEUE_FREE] != found->at;
  return status < 0 || passed ? status : pp_tidy_some(queue, get);
}

/* Marks an item that is only counted. */
static int count_down(struct pp_queue *queue, pp_get_state get, uint32_t index, uint64_t taken) {
  get[QUEUE_DONE]++;
  pp_queue_set_log(get, QUEUE_LOG_TAKEN, index, taken - 1);
  return pp_queue_commit_get(queue, get);
}

static int mark_oldest_kept(struct pp_queue *queue, pp_get_state get) {
  struct pp_found found;
  int status = find_taken(queue, get, &found);
  return status == 1 ? mark_record(queue, get, &found) : status == 0 ? -EINVAL : status;
}

static uint64_t undone(const struct pp_queue *queue, uint32_t index) {
  return atomic_load(&queue->header->participants[index].taken) & QUEUE_UNDONE;
}

/* A queue that does not redeliver: the oldest item of this participant is a task or one that is only counted. If it has none, any item of another
 * one is marked. */
static int mark_any(struct pp_queue *queue, pp_get_state get) {
  struct pp_found found;
  uint32_t index = pp_owner_index(queue->scope.me);
  uint64_t own = undone(queue, index);
  /* Of those that are only counted, the ones taken last are not done yet. */
  if (pp_held_first(queue, get, &found) == 1 && (own == 0 || pp_held_first_after(&queue->held) <= queue->counted - own))
    return mark_record(queue, get, &found);
  if (own > 0) return count_down(queue, get, index, own);
  for (index = 0; index < PP_PARTICIPANTS; index++) {
    uint64_t taken = undone(queue, index);
    if (taken > 0) return count_down(queue, get, index, taken);
  }
  int status = pp_ring_search(queue, get, get[QUEUE_FREE], pp_ring_is_in_hand, 0, &found);
  return status == 1 ? mark_record(queue, get, &found) : status == 0 ? -EINVAL : status;
}

int32_t pp_queue_task_done(int32_t index) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_get_state get;
  int status = pp_queue_lock_get(queue, QUEUE_LOCK_MS); /* D1 */
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  status = pp_queue_read_get(queue, get);
  if (status == 0) status = queue->redeliver ? mark_oldest_kept(queue, get) : mark_any(queue, get); /* D2 */
  pp_queue_unlock_get(queue); /* D3 */
  if (status == 0) pp_queue_announce(queue, PP_DONE, INT32_MAX);
  return status;
}

/* The item is the queue's again. After a shutdown that dropped everything it is finished instead. Returns 1 then. */
static int give_back(struct pp_queue *queue, pp_get_state get, const struct pp_found *found) {
  pp_put_state put;
  int status = pp_queue_read_put(queue, put);
  if (status < 0) return status;
  if (put[QUEUE_SHUT] == QUEUE_DROPPED) {
    status = mark_record(queue, get, found);
    return status < 0 ? status : 1;
  }
  get[QUEUE_BACK]++;
  get[QUEUE_OUT]--;
  pp_queue_set_log(get, QUEUE_LOG_STATE, found->at, pp_ring_returned(queue));
  status = pp_queue_commit_get(queue, get); /* B2 */
  FAILPOINT("give_back.committed");
  return status;
}

int32_t pp_queue_task_end(int32_t index, const uint64_t *at, int32_t back) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_get_state get;
  struct pp_found found;
  int status = pp_queue_lock_get(queue, QUEUE_LOCK_MS); /* B1 */
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  status = pp_queue_read_get(queue, get);
  if (status == 0 && pp_held_at(queue, get, *at, &found) != 1) status = -EINVAL;
  if (status == 0) status = back ? give_back(queue, get, &found) : mark_record(queue, get, &found);
  if (status >= 0) pp_held_drop(&queue->held, *at);
  pp_queue_unlock_get(queue); /* B3 */
  FAILPOINT("task_end.unlocked");
  if (status < 0) return status;
  if (back && status == 0) pp_queue_announce(queue, PP_ITEMS, 1);
  else pp_queue_announce(queue, PP_DONE, INT32_MAX);
  return 0;
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
