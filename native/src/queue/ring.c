#include "queue/ring.h"

#include <errno.h>
#include <string.h>

void pp_ring_write(struct pp_queue *queue, uint64_t at, uint32_t kind, const uint8_t *bytes, uint32_t length, bool objects) {
  struct pp_record *record = pp_ring_record(queue, at);
  atomic_store_explicit(&record->length, objects ? length | RING_OBJECTS : length, memory_order_relaxed);
  atomic_store_explicit(&record->kind, kind, memory_order_relaxed);
  atomic_store_explicit(&record->state, RING_WAITING, memory_order_relaxed);
  atomic_store_explicit(&record->run, 0, memory_order_relaxed);
  if (length > 0) memcpy(record + 1, bytes, length);
}

int pp_ring_inspect(const struct pp_queue *queue, uint64_t at, uint64_t end, struct pp_found *found) {
  const struct pp_record *record = pp_ring_record(queue, at);
  found->at = at;
  uint32_t length = atomic_load_explicit(&record->length, memory_order_relaxed);
  found->length = length & ~RING_OBJECTS;
  found->objects = (length & RING_OBJECTS) != 0;
  found->kind = atomic_load_explicit(&record->kind, memory_order_relaxed);
  found->state = atomic_load_explicit(&record->state, memory_order_relaxed);
  uint64_t rest = queue->ring_size - at % queue->ring_size, space;
  if (found->kind == RING_SKIP) space = rest;
  else if (found->kind == RING_ITEM && found->length <= PP_LARGEST) space = pp_ring_space(found->length);
  else return -EBADMSG;
  uint64_t run = (uint64_t)atomic_load_explicit(&record->run, memory_order_relaxed) * RING_RECORD;
  uint64_t past = pp_ring_is_finished(queue, found) && run > space ? run : space;
  found->next = at + past;
  return space <= rest && past <= end - at ? 0 : -EBADMSG;
}

int pp_ring_inspect_item(const struct pp_queue *queue, uint64_t at, uint64_t end, struct pp_found *found) {
  int status = pp_ring_inspect(queue, at, end, found);
  if (status < 0 || found->kind == RING_ITEM) return status;
  status = pp_ring_inspect(queue, found->next, end, found);
  return status < 0 || found->kind == RING_ITEM ? status : -EBADMSG;
}

int pp_ring_search(const struct pp_queue *queue, const pp_get_state get, uint64_t at, int (*match)(uint32_t state, uint32_t key),
                   uint32_t key, struct pp_found *found) {
  for (; at != get[QUEUE_HEAD]; at = found->next) {
    int status = pp_ring_inspect(queue, at, get[QUEUE_HEAD], found);
    if (status < 0) return status;
    if (found->kind == RING_ITEM && match(found->state, key)) return 1;
  }
  return 0;
}

int pp_ring_is_state(uint32_t state, uint32_t key) { return state == key; }
/* The states that are no owners have an index that no participant has. */
int pp_ring_is_taken_by(uint32_t state, uint32_t index) { return state != RING_WAITING && pp_owner_index(state) == index; }
int pp_ring_is_in_hand(uint32_t state, uint32_t key) {
  (void)key;
  return state != RING_WAITING && (state & RING_ARRIVING) == 0 && pp_owner_index(state) < PP_PARTICIPANTS;
}

int pp_ring_free(const struct pp_queue *queue, pp_get_state get, uint64_t marked) {
  struct pp_found found;
  for (; get[QUEUE_FREE] != get[QUEUE_HEAD]; get[QUEUE_FREE] = found.next) {
    int status = pp_ring_inspect(queue, get[QUEUE_FREE], get[QUEUE_HEAD], &found);
    if (status < 0) return status;
    if (found.at != marked && !pp_ring_is_finished(queue, &found)) break;
  }
  return 0;
}
