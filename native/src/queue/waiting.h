/* Waiting at a queue. */
#ifndef PP_QUEUE_WAITING_H
#define PP_QUEUE_WAITING_H

#include "queue/queue.h"

/* Blocks this thread until `what` (enum pp_queue_waited) may be there (0) or `ms` are over (-ETIMEDOUT). */
int pp_queue_sleep(struct pp_queue *queue, int what, int32_t ms);

#endif
