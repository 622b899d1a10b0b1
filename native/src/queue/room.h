/* Room in the ring: where the next record goes, reserving its memory, and giving memory back. */
#ifndef PP_QUEUE_ROOM_H
#define PP_QUEUE_ROOM_H

#include "queue/state.h"

/* Put lock held. Finds the position `at` for a record of `need` bytes, and releases memory of finished records if it must. -EAGAIN: the
 * ring is full. */
int pp_room_make(struct pp_queue *queue, const pp_put_state put, pp_get_state get, uint64_t need, uint64_t *at);
/* Put lock held. Reserves the memory for a record at `at` and updates put[FILLED]. -ENOSPC, -ENOMEM. */
int pp_room_reserve(struct pp_queue *queue, pp_put_state put, const pp_get_state get, uint64_t at, uint64_t need);
/* Get lock held. Gives memory of finished records back once there is a fair amount of it, so that a small item costs no system call. */
void pp_room_release_some(struct pp_queue *queue, pp_get_state get);
/* Gives back the memory of the ring from one position to another, except for the start of the ring, which is kept warm. */
void pp_room_give_back(struct pp_queue *queue, uint64_t from, uint64_t to);
/* Get lock held. Moves an empty queue back to the start of the ring, whose memory is warm. Does nothing if somebody has the put lock. */
void pp_room_rewind(struct pp_queue *queue);

#endif
