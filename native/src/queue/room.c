#include "queue/room.h"

#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "queue/locks.h"
#include "queue/ring.h"
#include "queue/state.h"

#define FIRST_CHUNK (1ull << 16) /* memory is reserved in chunks from this size ... */
#define CHUNK (1ull << 20)       /* ... up to this size, so that a queue which is little used takes little memory */
#define KEEP (4ull << 20) /* so much memory at the start of the ring stays while the queue is in use, because it is warm */
#ifndef REWIND_AT
#define REWIND_AT (1ull << 18) /* an empty queue is moved back if its tail is at least so far into the ring */
#endif

static uint64_t ring_offset(const struct pp_queue *queue) { return (uint64_t)(queue->ring - queue->segment.base); }

/* Both locks held. Moves the readers of an empty queue to its tail. */
static int skip_to_tail(struct pp_queue *queue, const pp_put_state put, pp_get_state get) {
  if (!pp_queue_is_unused(queue, put, get) || get[QUEUE_RELEASED] == put[QUEUE_TAIL]) return 0;
  get[QUEUE_HEAD] = get[QUEUE_FREE] = get[QUEUE_RELEASED] = put[QUEUE_TAIL];
  pp_queue_set_log(get, QUEUE_LOG_NONE, 0, 0);
  return pp_queue_commit_get(queue, get);
}

/* Finds where a record of `need` bytes goes. -EAGAIN: the ring has no room for it. */
static int find_position(const struct pp_queue *queue, const pp_put_state put, const pp_get_state get, uint64_t need, uint64_t *at) {
  uint64_t lap = pp_ring_lap(queue, put[QUEUE_TAIL]);
  /* At the end of each lap there must be room for a RING_SKIP record. */
  *at = put[QUEUE_TAIL] - lap + need + RING_RECORD <= queue->ring_size ? put[QUEUE_TAIL] : lap + queue->ring_size;
  return *at + need + RING_RECORD - get[QUEUE_RELEASED] <= queue->ring_size ? 0 : -EAGAIN;
}

void pp_room_give_back(struct pp_queue *queue, uint64_t from, uint64_t to) {
  for (uint64_t length; from != to; from += length) {
    uint64_t offset = from % queue->ring_size, rest = queue->ring_size - offset;
    length = to - from < rest ? to - from : rest;
    uint64_t start = ((offset < KEEP ? KEEP : offset) + 4095) & ~4095ull, end = (offset + length) & ~4095ull;
    if (end > start) pp_segment_punch(&queue->segment, ring_offset(queue) + start, end - start);
  }
}

/* Gives back the memory of the records up to FREE, so that their part of the ring can be used again. */
static void release(struct pp_queue *queue, pp_get_state get) {
  pp_room_give_back(queue, get[QUEUE_RELEASED], get[QUEUE_FREE]);
  get[QUEUE_RELEASED] = get[QUEUE_FREE];
}

int pp_room_make(struct pp_queue *queue, const pp_put_state put, pp_get_state get, uint64_t need, uint64_t *at) {
  int status = find_position(queue, put, get, need, at);
  if (status != -EAGAIN || (get[QUEUE_RELEASED] == get[QUEUE_FREE] && !pp_queue_is_unused(queue, put, get))) return status;
  /* There is finished memory to release. The put must do it, because there may be no consumer left that would. */
  status = pp_queue_lock_get(queue, QUEUE_LOCK_MS); /* P1a */
  if (status < 0) return status;
  status = pp_queue_read_get(queue, get);
  if (status == 0 && pp_queue_is_unused(queue, put, get)) status = skip_to_tail(queue, put, get); /* P1b */
  else if (status == 0) {
    release(queue, get);
    pp_queue_set_log(get, QUEUE_LOG_NONE, 0, 0);
    status = pp_queue_commit_get(queue, get);
  }
  pp_queue_unlock_get(queue); /* P1c */
  return status < 0 ? status : find_position(queue, put, get, need, at);
}

int pp_room_reserve(struct pp_queue *queue, pp_put_state put, const pp_get_state get, uint64_t at, uint64_t need) {
  uint64_t from = at % queue->ring_size;
  uint64_t filled = pp_ring_lap(queue, at) != pp_ring_lap(queue, put[QUEUE_TAIL]) && put[QUEUE_FILLED] > KEEP ? KEEP : put[QUEUE_FILLED];
  if (filled > queue->ring_size) return -EBADMSG;
  uint64_t end = from + need + RING_RECORD;
  if (end > filled) {
    uint64_t chunk = FIRST_CHUNK;
    while (chunk < filled && chunk < CHUNK) chunk *= 2;
    uint64_t target = (end + chunk - 1) & ~(chunk - 1);
    /* Memory behind RELEASED may still be given back by a get, so nothing there counts as reserved. */
    bool next_lap = pp_ring_lap(queue, at) != pp_ring_lap(queue, get[QUEUE_RELEASED]);
    uint64_t most = next_lap ? get[QUEUE_RELEASED] % queue->ring_size : queue->ring_size;
    if (target > most) target = most;
    if (target <= filled) return -EBADMSG;
    int status = pp_segment_fill(&queue->segment, ring_offset(queue) + filled, target - filled);
    if (status < 0) return status;
    filled = target;
  }
  put[QUEUE_FILLED] = filled;
  return 0;
}

void pp_room_release_some(struct pp_queue *queue, pp_get_state get) {
  if (get[QUEUE_FREE] - get[QUEUE_RELEASED] >= (queue->ring_size / 4 < KEEP ? queue->ring_size / 4 : KEEP)) release(queue, get);
}

typedef bool condition(struct pp_queue *queue, pp_put_state put, pp_get_state get);

/* Tells whether the queue is empty, and can go back to the start of the ring in a new lap. */
static bool may_start_over(struct pp_queue *queue, pp_put_state put, pp_get_state get) {
  if (pp_queue_read_both(queue, put, get) < 0 || !pp_queue_is_unused(queue, put, get)) return false;
  return pp_ring_lap(queue, get[QUEUE_RELEASED]) == pp_ring_lap(queue, put[QUEUE_TAIL]);
}

static bool may_rewind(struct pp_queue *queue, pp_put_state put, pp_get_state get) {
  return may_start_over(queue, put, get) && put[QUEUE_TAIL] % queue->ring_size >= REWIND_AT;
}

static bool may_trim(struct pp_queue *queue, pp_put_state put, pp_get_state get) {
  return may_start_over(queue, put, get) && put[QUEUE_FILLED] > FIRST_CHUNK;
}

/* Get lock held. Moves an empty queue back to the start of the ring, and gives back the memory behind the first `keep` bytes. Returns false
 * if somebody has the put lock. */
static bool start_over(struct pp_queue *queue, condition *may, uint64_t keep) {
  pp_put_state put;
  pp_get_state get;
  uint32_t none = 0;
  if (!may(queue, put, get)) return true;
  if (!atomic_compare_exchange_strong(&queue->header->put_lock, &none, queue->scope.me)) return false; /* G4a */
  /* A put may have come before the lock was taken. */
  if (may(queue, put, get)) {
    uint64_t high = put[QUEUE_FILLED];
    pp_ring_write(queue, put[QUEUE_TAIL], RING_SKIP, NULL, 0, false); /* G4b */
    put[QUEUE_TAIL] = pp_ring_lap(queue, put[QUEUE_TAIL]) + queue->ring_size;
    put[QUEUE_FILLED] = high < keep ? high : keep;
    pp_queue_commit_put(queue, put); /* G4c */
    FAILPOINT("rewind.half");
    skip_to_tail(queue, put, get); /* G4d */
    if (high > keep && high <= queue->ring_size) pp_segment_punch(&queue->segment, ring_offset(queue) + keep, high - keep);
  }
  pp_queue_unlock_put(queue); /* G4e */
  return true;
}

void pp_room_rewind(struct pp_queue *queue) { start_over(queue, may_rewind, KEEP); }

int32_t pp_queue_trim(int32_t index) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_put_state put;
  pp_get_state get;
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return status == -EBUSY ? 0 : status;
  uint64_t changes = put[QUEUE_PUTS] + get[QUEUE_GETS];
  bool idle = changes == queue->changes;
  queue->changes = changes;
  if (!idle || pp_queue_lock_get(queue, QUEUE_LOCK_MS) < 0) return 0;
  bool done = start_over(queue, may_trim, FIRST_CHUNK);
  pp_queue_unlock_get(queue);
  return done;
}
