#include "queue/held.h"

#include <stdlib.h>

#define FIRST_ROOM 16

/* The list is a circle, and its room is a power of two. */
static uint64_t *entry(const struct pp_held *held, uint32_t i) { return &held->at[(held->first + i) & (held->room - 1)]; }

static bool make_room(struct pp_held *held) {
  if (held->count < held->room) return true;
  uint32_t room = held->room == 0 ? FIRST_ROOM : held->room * 2;
  uint64_t *larger = room > held->room ? malloc(room * sizeof *larger) : NULL;
  if (larger == NULL) return false;
  for (uint32_t i = 0; i < held->count; i++) larger[i] = *entry(held, i);
  free(held->at);
  held->at = larger;
  held->room = room;
  held->first = 0;
  return true;
}

void pp_held_add(struct pp_held *held, uint64_t at) {
  if (!make_room(held)) {
    held->incomplete = true;
    return;
  }
  held->count++;
  *entry(held, held->count - 1) = at;
}

int pp_held_first(struct pp_queue *queue, const pp_get_state get, struct pp_found *found) {
  for (; queue->held.count > 0; pp_held_drop_first(&queue->held)) {
    uint64_t at = *entry(&queue->held, 0);
    /* Another participant may have marked the item done. Then its record is finished, given back, or no longer in the ring. */
    if (at - get[QUEUE_FREE] >= get[QUEUE_HEAD] - get[QUEUE_FREE]) continue;
    if (pp_ring_inspect(queue, at, get[QUEUE_HEAD], found) < 0 || found->kind != RING_ITEM) continue;
    if (found->state == queue->scope.me) return 1;
  }
  return 0;
}

void pp_held_drop_first(struct pp_held *held) {
  held->first = (held->first + 1) & (held->room - 1);
  held->count--;
}
