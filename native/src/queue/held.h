/* The items that this participant has taken, that are kept in the ring, and that it has not marked done. The list is this process's own. In a
 * queue that redelivers it only saves a search. Each position is checked against the ring before it is used. */
#ifndef PP_QUEUE_HELD_H
#define PP_QUEUE_HELD_H

#include "queue/ring.h"

/* Makes room for one more item. False: there is no memory for it. */
bool pp_held_make_room(struct pp_held *held);
/* Notes an item that was taken after `after` items that are only counted. Without memory for it, the list counts as incomplete from then on. */
void pp_held_add(struct pp_held *held, uint64_t at, uint64_t after);
/* Get lock held. Finds the item that this participant took first among those that it still has: 1 if there is one, 0 if there is none or
 * the list is incomplete. */
int pp_held_first(struct pp_queue *queue, const pp_get_state get, struct pp_found *found);
/* After pp_held_first has found an item: how many items that are only counted were taken before it. */
uint64_t pp_held_first_after(const struct pp_held *held);
/* Get lock held. Finds the item at this position: 1 if this participant has it, else 0. */
int pp_held_at(const struct pp_queue *queue, const pp_get_state get, uint64_t at, struct pp_found *found);
/* Forgets the item at this position. */
void pp_held_drop(struct pp_held *held, uint64_t at);

#endif
