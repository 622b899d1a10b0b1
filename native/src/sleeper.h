/* One helper thread that sleeps on the words of all queues that JavaScript waits for. */
#ifndef PP_SLEEPER_H
#define PP_SLEEPER_H

#include "queue.h"

/* One event {id, what} once the queue's word is no longer what it was at the last look. Again for the same id: replaced. */
int pp_sleeper_watch(struct pp_queue *queue, int32_t inbox, int32_t id, int what);
/* Forgets a queue; when this returns, nothing of it is touched any more. */
void pp_sleeper_forget(const struct pp_queue *queue);

#endif
