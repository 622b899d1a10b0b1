/* The two snapshots of a queue and the redo log.
 *
 * A get must also change something outside of its snapshot: how many items this participant has taken, or the state of a record. The commit
 * carries that store as a log entry, and it is carried out right after the commit. If the process is killed in between, the next
 * holder of the get lock carries it out. Doing so twice changes nothing. An entry of the kind QUEUE_LOG_COUNTED has two stores: the number of
 * items, and the state RING_COUNTED of the record at LOG_RECORD. */
#ifndef PP_QUEUE_STATE_H
#define PP_QUEUE_STATE_H

#include "queue/queue.h"

enum { QUEUE_LOG_NONE, QUEUE_LOG_TAKEN, QUEUE_LOG_STATE, QUEUE_LOG_COUNTED };

/* Read a snapshot. -EBADMSG: its numbers cannot be true. */
int pp_queue_read_put(const struct pp_queue *queue, pp_put_state put);
int pp_queue_read_get(const struct pp_queue *queue, pp_get_state get);
/* Reads both snapshots as they were at one moment. -EBUSY: they change all the time. */
int pp_queue_read_both(const struct pp_queue *queue, pp_put_state put, pp_get_state get);

/* Publish a snapshot. The caller holds the put lock or the get lock. */
void pp_queue_commit_put(struct pp_queue *queue, const pp_put_state put);
int pp_queue_commit_get(struct pp_queue *queue, const pp_get_state get);
/* Carries out the log entry of the last commit, unless that was done already. */
int pp_queue_finish_log(struct pp_queue *queue, const pp_get_state get);

static inline void pp_queue_set_log(pp_get_state get, uint64_t kind, uint64_t where, uint64_t value) {
  get[QUEUE_LOG] = kind;
  get[QUEUE_LOG_WHERE] = where;
  get[QUEUE_LOG_VALUE] = value;
}

/* Tells whether no record in the ring is needed any more. */
static inline bool pp_queue_is_unused(const struct pp_queue *queue, const pp_put_state put, const pp_get_state get) {
  if (queue->redeliver) return put[QUEUE_PUTS] == get[QUEUE_DONE];
  return put[QUEUE_PUTS] == get[QUEUE_OUT] && get[QUEUE_FREE] == get[QUEUE_HEAD];
}

#endif
