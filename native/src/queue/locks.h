/* The two locks of a queue, the notices that tell its waiters of changes, and what a caller must remember to be able to wait. */
#ifndef PP_QUEUE_LOCKS_H
#define PP_QUEUE_LOCKS_H

#include "queue/queue.h"

/* A call from an event loop waits this long for a lock that another process holds. A put that needs memory of finished records
 * (pp_room_make) and the clean-up after a participant wait no longer for the get lock, either. */
#define QUEUE_LOCK_MS 2

int pp_queue_lock_put(struct pp_queue *queue, int ms);
/* Takes the get lock. If its owner died, this also carries out what that owner had committed. */
int pp_queue_lock_get(struct pp_queue *queue, int ms);

static inline void pp_queue_unlock_put(struct pp_queue *queue) { pp_robust_lock_release(&queue->header->put_lock); }
static inline void pp_queue_unlock_get(struct pp_queue *queue) { pp_robust_lock_release(&queue->header->get_lock); }

/* Wakes up to `count` of those who wait for items, room or done items. */
static inline void pp_queue_announce(struct pp_queue *queue, int what, int count) { pp_notice_give(&queue->header->notices[what], &queue->scope, count); }

/* Notes the notices before a look at the queue. If a look fails and a notice has changed since, the caller looks again without waiting. */
static inline void pp_queue_note(struct pp_queue *queue) {
  for (int what = 0; what < PP_QUEUE_NOTICES; what++) queue->seen[what] = atomic_load(&queue->header->notices[what].sequence);
}

/* If `status` is -EBUSY, notes the word of the lock (PP_GET_LOCK or PP_PUT_LOCK) so that the caller can wait for it. Returns `status`. */
int pp_queue_note_busy(struct pp_queue *queue, int what, int status);

#endif
