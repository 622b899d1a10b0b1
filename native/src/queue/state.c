#include "queue/state.h"

#include <errno.h>

#include "base/failpoint.h"
#include "queue/ring.h"

#define LAST_POSITION (1ull << 62) /* no position gets as far, so that sums of positions stay in range */

int pp_queue_read_put(const struct pp_queue *queue, pp_put_state put) {
  return pp_snapshot_read(&queue->header->put, &queue->header->put_fields[0][0], PUT_FIELDS, put);
}

int pp_queue_read_get(const struct pp_queue *queue, pp_get_state get) {
  int status = pp_snapshot_read(&queue->header->get, &queue->header->get_fields[0][0], GET_FIELDS, get);
  if (status < 0) return status;
  int sane = get[HEAD] < LAST_POSITION && get[FREE] <= get[HEAD] && get[RELEASED] <= get[FREE] &&
             get[HEAD] - get[RELEASED] <= queue->ring_size && get[HEAD] % RECORD == 0 && get[FREE] % RECORD == 0 && get[RELEASED] % RECORD == 0;
  return sane ? 0 : -EBADMSG;
}

int pp_queue_read_both(const struct pp_queue *queue, pp_put_state put, pp_get_state get) {
  for (int tries = 0; tries < 1000; tries++) {
    uint32_t before = atomic_load(&queue->header->get.select);
    int status = pp_queue_read_get(queue, get);
    if (status == 0) status = pp_queue_read_put(queue, put);
    if (status < 0) return status;
    if (atomic_load(&queue->header->get.select) != before) continue;
    int sane = put[TAIL] < LAST_POSITION && put[TAIL] >= get[HEAD] && put[TAIL] - get[RELEASED] <= queue->ring_size &&
               put[TAIL] % RECORD == 0 && put[PUTS] >= get[OUT] && put[PUTS] >= get[DONE];
    return sane ? 0 : -EBADMSG;
  }
  return -EBUSY;
}

void pp_queue_commit_put(struct pp_queue *queue, const pp_put_state put) {
  pp_snapshot_commit(&queue->header->put, &queue->header->put_fields[0][0], PUT_FIELDS, put);
}

static int apply_log(struct pp_queue *queue, const pp_get_state get) {
  if (get[LOG] == LOG_TAKEN) {
    if (get[LOG_WHERE] >= PP_PARTICIPANTS) return -EBADMSG;
    atomic_store(&queue->header->participants[get[LOG_WHERE]].taken, get[LOG_VALUE]);
  } else if (get[LOG] == LOG_STATE) {
    if (get[LOG_WHERE] % RECORD != 0) return -EBADMSG;
    atomic_store(&pp_ring_record(queue, get[LOG_WHERE])->state, (uint32_t)get[LOG_VALUE]);
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
  pp_snapshot_commit(&queue->header->get, &queue->header->get_fields[0][0], GET_FIELDS, get);
  return pp_queue_finish_log(queue, get);
}
