/* Shutting a queue down. */
#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "queue/locks.h"
#include "queue/state.h"
#include "wait/futex.h"

/* Counts every item in the queue as taken and done. The put lock is held. */
static int drop_all(struct pp_queue *queue, const pp_put_state put) {
  pp_get_state get;
  int status = pp_queue_lock_get(queue, QUEUE_LOCK_MS);
  if (status < 0) return status;
  status = pp_queue_read_get(queue, get);
  if (status == 0 && put[QUEUE_PUTS] < get[QUEUE_OUT]) status = -EBADMSG;
  if (status == 0) {
    bool keeps = get[QUEUE_FREE] != get[QUEUE_HEAD];
    get[QUEUE_DONE] += put[QUEUE_PUTS] - get[QUEUE_OUT];
    get[QUEUE_OUT] = put[QUEUE_PUTS];
    get[QUEUE_HEAD] = put[QUEUE_TAIL];
    /* Items that were given back stay in the ring where nobody reaches them. No put can come any more that would need their room. */
    get[QUEUE_BACK] = 0;
    if (!queue->redeliver && !keeps) get[QUEUE_FREE] = get[QUEUE_HEAD];
    pp_queue_set_log(get, QUEUE_LOG_NONE, 0, 0);
    status = pp_queue_commit_get(queue, get);
  }
  pp_queue_unlock_get(queue);
  return status;
}

int32_t pp_queue_shutdown(int32_t index, int32_t immediate) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_put_state put;
  int status = pp_queue_lock_put(queue, QUEUE_LOCK_MS);
  if (status < 0) return pp_queue_note_busy(queue, PP_PUT_LOCK, status);
  status = pp_queue_read_put(queue, put);
  if (status == 0) {
    if (put[QUEUE_SHUT] != QUEUE_DROPPED) put[QUEUE_SHUT] = immediate ? QUEUE_DROPPED : 1;
    pp_queue_commit_put(queue, put);
    FAILPOINT("shutdown.committed");
    if (immediate) status = drop_all(queue, put);
  }
  pp_queue_unlock_put(queue);
  for (int what = 0; what < PP_QUEUE_NOTICES; what++) pp_queue_announce(queue, what, INT32_MAX);
  return status;
}
