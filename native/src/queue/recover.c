#include "queue/recover.h"

#include "base/failpoint.h"
#include "queue/locks.h"
#include "queue/ring.h"
#include "queue/state.h"
#include "wait/futex.h"
#include "wait/inbox.h"

/* Gives back each item that a participant had taken from a queue that redelivers. After a shutdown that dropped everything, the item is
 * finished instead. Each step is one commit, so that another process can go on if this one is killed. */
static int give_back(struct pp_queue *queue, pp_get_state get, const pp_put_state put, uint32_t index) {
  struct pp_found found;
  bool dropped = put[QUEUE_SHUT] == QUEUE_DROPPED;
  int status;
  for (uint64_t at = get[QUEUE_FREE]; (status = pp_ring_search(queue, get, at, pp_ring_is_taken_by, index, &found)) == 1;) {
    if (dropped) get[QUEUE_DONE]++;
    else {
      get[QUEUE_BACK]++;
      get[QUEUE_OUT]--;
      get[QUEUE_REDELIVERED]++;
    }
    pp_queue_set_log(get, QUEUE_LOG_STATE, found.at, dropped ? RING_FINISHED : RING_WAITING);
    status = pp_queue_commit_get(queue, get); /* C2 */
    if (status < 0) return status;
    at = found.next;
    FAILPOINT("clean_up.one");
  }
  return status;
}

/* Counts each item that a participant had taken as a task, from a queue that does not redeliver, as abandoned. Each step is one commit. */
static int give_up(struct pp_queue *queue, pp_get_state get, uint32_t index) {
  struct pp_found found;
  int status;
  for (uint64_t at = get[QUEUE_FREE]; (status = pp_ring_search(queue, get, at, pp_ring_is_taken_by, index, &found)) == 1;) {
    get[QUEUE_DONE]++;
    get[QUEUE_ABANDONED]++;
    if ((found.state & RING_ARRIVING) != 0) get[QUEUE_LOST]++;
    pp_queue_set_log(get, QUEUE_LOG_STATE, found.at, RING_FINISHED);
    status = pp_ring_free(queue, get, found.at);
    if (status == 0) status = pp_queue_commit_get(queue, get); /* C2 */
    if (status < 0) return status;
    at = found.next;
    FAILPOINT("clean_up.one");
  }
  return status;
}

/* The get lock is held. */
static int clean_up(struct pp_queue *queue, uint32_t index) {
  struct pp_participant *participant = &queue->header->participants[index];
  pp_put_state put;
  pp_get_state get;
  int status = pp_queue_read_get(queue, get);
  if (status == 0) status = pp_queue_read_put(queue, put);
  if (status == 0) status = queue->redeliver ? give_back(queue, get, put, index) : give_up(queue, get, index);
  uint64_t taken = atomic_load(&participant->taken);
  if (status == 0 && taken != 0) {
    if (!queue->redeliver) {
      get[QUEUE_ABANDONED] += taken & QUEUE_UNDONE;
      get[QUEUE_DONE] += taken & QUEUE_UNDONE;
      get[QUEUE_LOST] += pp_queue_in_hand(taken);
    }
    pp_queue_set_log(get, QUEUE_LOG_TAKEN, index, 0);
    status = pp_queue_commit_get(queue, get); /* C3 */
  }
  atomic_store(&queue->header->holding[index], 0);
  FAILPOINT("clean_up.done");
  if (status == 0) atomic_store(&participant->used, 0); /* C4 */
  return status;
}

/* Items may have come back, and joins may have become complete. The one that is gone may also have changed the queue and told nobody: taken an
 * item, so that there is room, or shut it down. Nobody else finds it any more, so all who wait are told. */
static void announce_cleaned(struct pp_queue *queue) {
  for (int what = 0; what < PP_QUEUE_NOTICES; what++) pp_queue_announce(queue, what, INT32_MAX);
}

static int lock_and_clean_up(struct pp_queue *queue, uint32_t index) {
  int status = pp_queue_lock_get(queue, QUEUE_LOCK_MS); /* C1 */
  if (status < 0) return status;
  /* Before the lock was taken, another process may have cleaned up, and a new participant may have got the index. */
  bool still = index == pp_owner_index(queue->scope.me) || pp_participant_gone(&queue->segment, index);
  if (still && atomic_load(&queue->header->participants[index].used) != 0) status = clean_up(queue, index);
  pp_queue_unlock_get(queue); /* C5 */
  announce_cleaned(queue);
  return status;
}

int pp_queue_sweep(struct pp_queue *queue) {
  int found = 0;
  uint32_t own = pp_owner_index(queue->scope.me);
  uint32_t highest = atomic_load(&queue->header->highest);
  for (uint32_t index = 0; index <= highest && index < PP_PARTICIPANTS; index++) {
    if (index == own || atomic_load(&queue->header->participants[index].used) == 0) continue;
    if (!pp_participant_gone(&queue->segment, index)) continue;
    /* A lock that is held, or damaged memory, would stop the clean-up of the others just the same. */
    if (lock_and_clean_up(queue, index) < 0) break;
    found = 1;
  }
  return found;
}

int pp_queue_enter(struct pp_queue *queue, int32_t inbox) {
  struct pp_queue_header *header = queue->header;
  queue->scope = (struct pp_lock_scope){.segment = &queue->segment, .table = header->participants, .highest = &header->highest};
  int status = pp_participant_join(&queue->segment, header->participants, pp_bell_in(&queue->scope, header->folder, inbox), &queue->scope.me);
  if (status < 0) return status;
  uint32_t index = pp_owner_index(queue->scope.me);
  for (int what = 0; what < PP_QUEUE_NOTICES; what++) pp_notice_disarm(&header->notices[what], index);
  uint32_t highest = atomic_load(&header->highest);
  while (highest < index && !atomic_compare_exchange_weak(&header->highest, &highest, index)) continue;
  if (atomic_load(&header->participants[index].used) != 0) {
    status = pp_queue_lock_get(queue, 10 * PP_SLICE_MS);
    if (status < 0) return status;
    status = clean_up(queue, index);
    pp_queue_unlock_get(queue);
    announce_cleaned(queue);
  }
  atomic_store(&header->participants[index].used, PP_USED);
  return status;
}

void pp_queue_leave(struct pp_queue *queue) { lock_and_clean_up(queue, pp_owner_index(queue->scope.me)); }
