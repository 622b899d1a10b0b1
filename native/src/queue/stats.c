/* The statistics of a queue. */
#include <errno.h>
#include <stddef.h>

#include "queue/locks.h"
#include "queue/recover.h"
#include "queue/state.h"

int32_t pp_queue_stats(int32_t index, struct pp_queue_stats *stats) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_put_state put;
  pp_get_state get;
  pp_queue_sweep(queue);
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  *stats = (struct pp_queue_stats){
      .size = put[QUEUE_PUTS] - get[QUEUE_OUT],
      .puts = put[QUEUE_PUTS],
      .gets = get[QUEUE_GETS],
      .lost = get[QUEUE_LOST],
      .redelivered = get[QUEUE_REDELIVERED],
      .maxsize = queue->maxsize,
      .unfinished = put[QUEUE_PUTS] - get[QUEUE_DONE],
      .abandoned = get[QUEUE_ABANDONED],
      .shut_down = put[QUEUE_SHUT] != 0,
  };
  for (uint32_t i = 0; i < PP_PARTICIPANTS; i++) stats->participants += atomic_load(&queue->header->participants[i].used) != 0;
  return 0;
}
