/* Cleaning up after participants that left or died. */
#ifndef PP_QUEUE_RECOVER_H
#define PP_QUEUE_RECOVER_H

#include "queue/queue.h"

/* Becomes a participant of the queue, and first cleans up after a dead one that had the same index. */
int pp_queue_enter(struct pp_queue *queue, int32_t inbox);
/* Gives back or gives up what this participant had taken. If the lock is not free, the others will do it, as for a dead participant. */
void pp_queue_leave(struct pp_queue *queue);
/* Cleans up after participants that died: 1 if there were any. */
int pp_queue_sweep(struct pp_queue *queue);

#endif
