#include "queue/state.h"

#include <errno.h>

#include "base/failpoint.h"
#include "queue/ring.h"

int pp_queue_read_put(const struct pp_queue *queue, pp_put_state put) {
  return pp_snapshot_read(&queue->header->put, &queue->header->put_fields[0][0], QUEUE_PUT_FIELDS, put);
}

int pp_queue_read_get(const struct pp_queue *queue, pp_get_state get) {
  int status = pp_snapshot_read(&queue->header->get, &queue->header->get_fields[0][0], QUEUE_GET_FIELDS, get);
  if (status < 0) return status;
  uint64_t head = get[QUEUE_HEAD] - get[QUEUE_RELEASED], free = get[QUEUE_FREE] - get[QUEUE_RELEASED];
  int sane = free <= head && head <= queue->ring_size && get[QUEUE_RELEASED] % RING_RECORD == 0 && head % RING_RECORD == 0 &&
             free % RING_RECORD == 0;
  return sane ? 0 : -EBADMSG;
}

int pp_queue_read_both(const struct pp_queue *queue, pp_put_state put, pp_get_state get) {
  for (int tries = 0; tries < 1000; tries++) {
    uint32_t before = atomic_load(&queue->header->get.select);
    int status = pp_queue_read_get(queue, get);
    if (status == 0) status = pp_queue_read_put(queue, put);
    if (status < 0) return status;
    if (atomic_load(&queue->header->get.select) != before) continue;
    uint64_t tail = put[QUEUE_TAIL] - get[QUEUE_RELEASED], head = get[QUEUE_HEAD] - get[QUEUE_RELEASED];
    int sane = head <= tail && tail <= queue->ring_size && tail % RING_RECORD == 0 && put[QUEUE_PUTS] >= get[QUEUE_OUT] &&
               put[QUEUE_PUTS] >= get[QUEUE_DONE];
    return sane ? 0 : -EBADMSG;
  }
  return -EBUSY;
}

void pp_queue_commit_put(struct pp_queue *queue, const pp_put_state put) {
  pp_snapshot_commit(&queue->header->put, &queue->header->put_fields[0][0], QUEUE_PUT_FIELDS, put);
}

static int apply_log(struct pp_queue *queue, const pp_get_state get) {
  if (get[QUEUE_LOG] == QUEUE_LOG_TAKEN || get[QUEUE_LOG] == QUEUE_LOG_COUNTED) {
    if (get[QUEUE_LOG_WHERE] >= PP_PARTICIPANTS || get[QUEUE_LOG_RECORD] % RING_RECORD != 0) return -EBADMSG;
    atomic_store(&queue->header->participants[get[QUEUE_LOG_WHERE]].taken, get[QUEUE_LOG_VALUE]);
    FAILPOINT("log.half");
    if (get[QUEUE_LOG] == QUEUE_LOG_COUNTED) atomic_store(&pp_ring_record(queue, get[QUEUE_LOG_RECORD])->state, RING_COUNTED);
  } else if (get[QUEUE_LOG] == QUEUE_LOG_STATE) {
    if (get[QUEUE_LOG_WHERE] % RING_RECORD != 0) return -EBADMSG;
    atomic_store(&pp_ring_record(queue, get[QUEUE_LOG_WHERE])->state, (uint32_t)get[QUEUE_LOG_VALUE]);
  }
  return 0;
}

int pp_queue_finish_log(struct pp_queue *queue, const pp_get_state get) {
  uint32_t select = atomic_load(&queue->header->get.select);
  if (atomic_load(&queue->header->logged) == select) return 0;
  int status = apply_log(queue, get);
  FAILPOINT("log.applied");
  atomic_store(&queue->header->logged, select);
  return status;
}

int pp_queue_commit_get(struct pp_queue *queue, const pp_get_state get) {
  pp_snapshot_commit(&queue->header->get, &queue->header->get_fields[0][0], QUEUE_GET_FIELDS, get);
  return pp_queue_finish_log(queue, get);
}
