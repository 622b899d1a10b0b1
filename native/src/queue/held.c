#include "queue/held.h"

#include <stdlib.h>

#define FIRST_ROOM 16

/* The list is a circle, and its room is a power of two. */
static struct pp_held_item *entry(const struct pp_held *held, uint32_t i) { return &held->items[(held->first + i) & (held->room - 1)]; }

bool pp_held_make_room(struct pp_held *held) {
  if (held->count < held->room) return true;
  uint32_t room = held->room == 0 ? FIRST_ROOM : held->room * 2;
  struct pp_held_item *larger = room > held->room ? malloc(room * sizeof *larger) : NULL;
  if (larger == NULL) return false;
  for (uint32_t i = 0; i < held->count; i++) larger[i] = *entry(held, i);
  free(held->items);
  held->items = larger;
  held->room = room;
  held->first = 0;
  return true;
}

void pp_held_add(struct pp_held *held, uint64_t at, uint64_t after) {
  if (!pp_held_make_room(held)) {
    held->incomplete = true;
    return;
  }
  held->count++;
  *entry(held, held->count - 1) = (struct pp_held_item){at, after};
}

static void drop_first(struct pp_held *held) {
  held->first = (held->first + 1) & (held->room - 1);
  held->count--;
}

int pp_held_at(const struct pp_queue *queue, const pp_get_state get, uint64_t at, struct pp_found *found) {
  /* The item may be done or given back. Then its record is finished, waits, belongs to another one, or is no longer in the ring. */
  if (at - get[QUEUE_FREE] >= get[QUEUE_HEAD] - get[QUEUE_FREE] || at % RING_RECORD != 0) return 0;
  if (pp_ring_inspect(queue, at, get[QUEUE_HEAD], found) < 0 || found->kind != RING_ITEM) return 0;
  return found->state == queue->scope.me;
}

int pp_held_first(struct pp_queue *queue, const pp_get_state get, struct pp_found *found) {
  for (; queue->held.count > 0; drop_first(&queue->held))
    if (pp_held_at(queue, get, entry(&queue->held, 0)->at, found)) return 1;
  return 0;
}

uint64_t pp_held_first_after(const struct pp_held *held) { return entry(held, 0)->after; }

void pp_held_drop(struct pp_held *held, uint64_t at) {
  uint32_t i = 0;
  while (i < held->count && entry(held, i)->at != at) i++;
  if (i == held->count) return;
  for (; i > 0; i--) *entry(held, i) = *entry(held, i - 1);
  drop_first(held);
}
