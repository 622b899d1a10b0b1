/* The positions of the items that this participant has taken and not marked done, in a queue that redelivers. The list is this process's
 * own. It only saves a search: each position is checked against the ring before it is used. */
#ifndef PP_QUEUE_HELD_H
#define PP_QUEUE_HELD_H

#include "queue/ring.h"

/* Notes an item that was taken. Without memory for it, the list counts as incomplete from then on. */
void pp_held_add(struct pp_held *held, uint64_t at);
/* Get lock held. Finds the item that this participant took first among those that it still has: 1 if there is one, 0 if there is none or
 * the list is incomplete. */
int pp_held_first(struct pp_queue *queue, const pp_get_state get, struct pp_found *found);
/* Forgets the item that pp_held_first found. */
void pp_held_drop_first(struct pp_held *held);

#endif
