/* Making a queue with a ring of a given size, and checking one that another process has made. */
#ifndef PP_QUEUE_OPEN_H
#define PP_QUEUE_OPEN_H

#include "queue/queue.h"

/* Like pp_queue_make, which chooses the size of the ring itself. */
int32_t pp_queue_make_sized(int32_t inbox, uint64_t ring_size, uint64_t maxsize, int redeliver);

/* Notes the header of the queue in `queue->segment`, and what it says. -EBADMSG: it is no valid queue. -EPROTO: it has another layout. */
int pp_queue_check(struct pp_queue *queue);

#endif
