#include "queue/locks.h"

#include <errno.h>

#include "queue/state.h"

int pp_queue_lock_put(struct pp_queue *queue, int ms) {
  int status = pp_robust_lock_take(&queue->scope, &queue->header->put_lock, ms);
  /* A put that died before its commit has changed nothing, so there is nothing to repair. */
  return status > 0 ? 0 : status;
}

int pp_queue_lock_get(struct pp_queue *queue, int ms) {
  int status = pp_robust_lock_take(&queue->scope, &queue->header->get_lock, ms);
  if (status <= 0) return status;
  pp_get_state get;
  status = pp_queue_read_get(queue, get);
  if (status == 0) status = pp_queue_finish_log(queue, get); /* R1 */
  if (status < 0) pp_robust_lock_release(&queue->header->get_lock);
  return status;
}

int pp_queue_note_busy(struct pp_queue *queue, int what, int status) {
  if (status == -EBUSY) queue->seen[what] = atomic_load(what == PP_GET_LOCK ? &queue->header->get_lock : &queue->header->put_lock);
  return status;
}
