#include "queue/ring.h"

#include <errno.h>
#include <string.h>

void pp_ring_write(struct pp_queue *queue, uint64_t at, uint32_t kind, const uint8_t *bytes, uint32_t length) {
  struct pp_record *record = pp_ring_record(queue, at);
  atomic_store_explicit(&record->length, length, memory_order_relaxed);
  atomic_store_explicit(&record->kind, kind, memory_order_relaxed);
  atomic_store_explicit(&record->state, RING_WAITING, memory_order_relaxed);
  if (length > 0) memcpy(record + 1, bytes, length);
}

int pp_ring_inspect(const struct pp_queue *queue, uint64_t at, uint64_t end, struct pp_found *found) {
  const struct pp_record *record = pp_ring_record(queue, at);
  found->at = at;
  found->length = atomic_load_explicit(&record->length, memory_order_relaxed);
  found->kind = atomic_load_explicit(&record->kind, memory_order_relaxed);
  found->state = atomic_load_explicit(&record->state, memory_order_relaxed);
  if (at + RING_RECORD > end || found->kind > RING_SKIP) return -EBADMSG;
  if (found->kind == RING_SKIP) return pp_ring_lap(queue, at) + queue->ring_size <= end ? 0 : -EBADMSG;
  uint64_t last = at % queue->ring_size + pp_ring_space(found->length);
  return last <= queue->ring_size && at + pp_ring_space(found->length) <= end ? 0 : -EBADMSG;
}

uint64_t pp_ring_next(const struct pp_queue *queue, const struct pp_found *found) {
  return found->kind == RING_SKIP ? pp_ring_lap(queue, found->at) + queue->ring_size : found->at + pp_ring_space(found->length);
}

int pp_ring_inspect_item(const struct pp_queue *queue, uint64_t at, uint64_t end, struct pp_found *found) {
  int status = pp_ring_inspect(queue, at, end, found);
  if (status < 0 || found->kind == RING_ITEM) return status;
  status = pp_ring_inspect(queue, pp_ring_next(queue, found), end, found);
  return status < 0 || found->kind == RING_ITEM ? status : -EBADMSG;
}

int pp_ring_search(const struct pp_queue *queue, const pp_get_state get, uint64_t at, int (*match)(uint32_t state, uint32_t key),
                   uint32_t key, struct pp_found *found) {
  for (uint32_t steps = 0; at < get[QUEUE_HEAD]; steps++) {
    if (steps == RING_MOST_STEPS) return -EBADMSG;
    int status = pp_ring_inspect(queue, at, get[QUEUE_HEAD], found);
    if (status < 0) return status;
    if (found->kind == RING_ITEM && match(found->state, key)) return 1;
    at = pp_ring_next(queue, found);
  }
  return 0;
}

int pp_ring_is_state(uint32_t state, uint32_t key) { return state == key; }
int pp_ring_is_taken(uint32_t state, uint32_t unused) {
  (void)unused;
  return state != RING_WAITING && state != RING_FINISHED;
}
int pp_ring_is_taken_by(uint32_t state, uint32_t index) { return pp_ring_is_taken(state, 0) && pp_owner_index(state) == index; }
