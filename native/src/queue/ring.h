/* The ring of a queue: records one behind the other in a sparse memory file.
 *
 * A position only grows, and after 2^64 it starts from 0 again. So positions are compared by their difference, and ring_size is a power of
 * two, which makes the last lap before 0 a whole one. Position modulo ring_size is the offset in the ring, and each turn of the ring is a
 * lap. A record never crosses the end of a lap: where it would, a RING_SKIP record says that the rest of the lap is empty.
 *
 * A walk over records always ends: each step moves forward, and RELEASED and TAIL are at most one lap apart. So no walk counts its steps.
 *
 * Another process may write anything into the ring at any time. So a record's header is read once, and checked against what is
 * published. */
#ifndef PP_QUEUE_RING_H
#define PP_QUEUE_RING_H

#include "queue/queue.h"

#define RING_RECORD 16 /* bytes of a record's header; every position is a multiple of it */
#define RING_SMALLEST (1ull << 16) /* no ring is smaller */

/* The kind of a record. 0 is none, because memory that was given back reads as 0. */
enum { RING_ITEM = 1, RING_SKIP = 2 };
/* The state of a record. Any other value is the owner of the participant that has taken the item; the item is kept in the ring until it is
 * done, because it may come back. A queue that redelivers keeps each item that is taken. Another queue keeps those that were taken as tasks,
 * and only counts those of a plain get.
 *   WAITING   was never taken, or, before HEAD: was given back (a queue that redelivers), was taken and is only counted (another queue)
 *   FINISHED  was done
 *   RETURNED  was given back, and can be taken (in a queue that does not redeliver)
 *   COUNTED   was given back, taken by a plain get, and is only counted since then */
enum { RING_WAITING = 0, RING_COUNTED = 0x7ffffffd, RING_RETURNED = 0x7ffffffe, RING_FINISHED = 0x7fffffff };
/* This bit of an owner says that the item has not reached its caller yet, in a queue that does not redeliver. */
#define RING_ARRIVING 0x80000000u

/* This bit of a length says that the item has shared objects inside. */
#define RING_OBJECTS (1u << 31)

struct pp_record {
  _Atomic uint32_t length, kind;
  _Atomic uint32_t state;
  _Atomic uint32_t run; /* in units of RING_RECORD: so much from here on is finished for certain; 0: nobody has looked yet (queue/tidy.h) */
};

/* A record's header as it was read. */
struct pp_found {
  uint64_t at;
  uint32_t length, kind, state;
  bool objects; /* the item has shared objects inside */
  uint64_t next; /* the position behind it, or behind the finished records that follow it */
};

static inline uint64_t pp_ring_lap(const struct pp_queue *queue, uint64_t position) { return position - position % queue->ring_size; }
/* The bytes that an item of this length takes in the ring. */
static inline uint64_t pp_ring_space(uint64_t length) { return RING_RECORD + ((length + RING_RECORD - 1) & ~(uint64_t)(RING_RECORD - 1)); }
static inline struct pp_record *pp_ring_record(const struct pp_queue *queue, uint64_t position) {
  return (struct pp_record *)(void *)(queue->ring + position % queue->ring_size);
}

/* The state of a record that was given back. */
static inline uint32_t pp_ring_returned(const struct pp_queue *queue) { return queue->redeliver ? RING_WAITING : RING_RETURNED; }

/* Tells whether a record before HEAD is finished: nobody needs it any more. The end of a lap is as good as finished. */
static inline bool pp_ring_is_finished(const struct pp_queue *queue, const struct pp_found *found) {
  if (found->kind == RING_SKIP || found->state == RING_FINISHED) return true;
  return !queue->redeliver && (found->state == RING_WAITING || found->state == RING_COUNTED);
}

void pp_ring_write(struct pp_queue *queue, uint64_t at, uint32_t kind, const uint8_t *bytes, uint32_t length, bool objects);

/* Reads the record at `at`, which must not lie behind `end`. -EBADMSG: it is not valid. */
int pp_ring_inspect(const struct pp_queue *queue, uint64_t at, uint64_t end, struct pp_found *found);
/* Like pp_ring_inspect, but goes on behind a RING_SKIP record, so that it finds an item. */
int pp_ring_inspect_item(const struct pp_queue *queue, uint64_t at, uint64_t end, struct pp_found *found);
/* Finds the first item between `at` and HEAD whose state matches: 1 if there is one, else 0. */
int pp_ring_search(const struct pp_queue *queue, const pp_get_state get, uint64_t at, int (*match)(uint32_t state, uint32_t key),
                   uint32_t key, struct pp_found *found);
/* Conditions for pp_ring_search: exactly this state; taken by the participant `index`; in the hands of any participant's program. */
int pp_ring_is_state(uint32_t state, uint32_t key);
int pp_ring_is_taken_by(uint32_t state, uint32_t index);
int pp_ring_is_in_hand(uint32_t state, uint32_t key);
/* Moves FREE over the records at the front that are finished. The record at `marked` counts as finished, although its state is still to
 * be changed by the log. */
int pp_ring_free(const struct pp_queue *queue, pp_get_state get, uint64_t marked);

#endif
