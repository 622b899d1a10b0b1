/* The ring of a queue: records one behind the other in a sparse memory file.
 *
 * A position only grows. Position modulo ring_size is the offset in the ring, and each turn of the ring is a lap. A record never crosses
 * the end of a lap: where it would, a RING_SKIP record says that the rest of the lap is empty.
 *
 * Another process may write anything into the ring at any time. So a record's header is read once, and checked against what is
 * published. */
#ifndef PP_QUEUE_RING_H
#define PP_QUEUE_RING_H

#include "queue/queue.h"

#define RING_RECORD 16             /* bytes of a record's header; every position is a multiple of it */
#define RING_CHUNK (1ull << 20)    /* memory is reserved in chunks of this size */
#define RING_MOST_STEPS (1u << 24) /* no walk over records takes longer, whatever another process wrote into them */

enum { RING_ITEM = 0, RING_SKIP = 1 };
/* The state of a record in a queue that redelivers. Any other value is the owner of the participant that has taken the item. */
enum { RING_WAITING = 0, RING_FINISHED = 0x7fffffff };

struct pp_record {
  _Atomic uint32_t length, kind;
  _Atomic uint32_t state, reserved;
};

/* A record's header as it was read. */
struct pp_found {
  uint64_t at;
  uint32_t length, kind, state;
};

static inline uint64_t pp_ring_lap(const struct pp_queue *queue, uint64_t position) { return position - position % queue->ring_size; }
/* The bytes that an item of this length takes in the ring. */
static inline uint64_t pp_ring_space(uint64_t length) { return RING_RECORD + ((length + RING_RECORD - 1) & ~(uint64_t)(RING_RECORD - 1)); }
static inline struct pp_record *pp_ring_record(const struct pp_queue *queue, uint64_t position) {
  return (struct pp_record *)(void *)(queue->ring + position % queue->ring_size);
}

void pp_ring_write(struct pp_queue *queue, uint64_t at, uint32_t kind, const uint8_t *bytes, uint32_t length);

/* Reads the record at `at`, which must lie before `end`. -EBADMSG: it is not valid. */
int pp_ring_inspect(const struct pp_queue *queue, uint64_t at, uint64_t end, struct pp_found *found);
/* Like pp_ring_inspect, but goes on behind a RING_SKIP record, so that it finds an item. */
int pp_ring_inspect_item(const struct pp_queue *queue, uint64_t at, uint64_t end, struct pp_found *found);
/* The position behind a record. */
uint64_t pp_ring_next(const struct pp_queue *queue, const struct pp_found *found);
/* Finds the first item between `at` and HEAD whose state matches: 1 if there is one, else 0. */
int pp_ring_search(const struct pp_queue *queue, const pp_get_state get, uint64_t at, int (*match)(uint32_t state, uint32_t key),
                   uint32_t key, struct pp_found *found);
/* Conditions for pp_ring_search: exactly this state; taken by any participant; taken by the participant `index`. */
int pp_ring_is_state(uint32_t state, uint32_t key);
int pp_ring_is_taken(uint32_t state, uint32_t unused);
int pp_ring_is_taken_by(uint32_t state, uint32_t index);

#endif
