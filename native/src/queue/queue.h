/* A queue as it lies in shared memory, and one participant's access to it. docs/native.md draws the layout. */
#ifndef PP_QUEUE_H
#define PP_QUEUE_H

#include <stdbool.h>

#include "base/handles.h"
#include "base/snapshot.h"
#include "polyproc.h"
#include "wait/notice.h"
#include "wait/robust_lock.h"
#include "wait/spin.h"

#define PP_QUEUE_NOTICES 3 /* PP_ITEMS, PP_ROOM and PP_DONE */

/* Comments and docs/native.md write these names without the prefix QUEUE_.
 *
 * The put snapshot: the numbers that a put changes together.
 *   TAIL    position behind the last record    PUTS  items ever put
 *   FILLED  offset up to which memory is reserved in the ring
 *   SHUT    0: open, 1: shut down, QUEUE_DROPPED: shut down, and the items were dropped */
enum { QUEUE_TAIL, QUEUE_PUTS, QUEUE_FILLED, QUEUE_SHUT, QUEUE_PUT_FIELDS };
enum { QUEUE_DROPPED = 2 };

/* The get snapshot: the numbers that taking an item and marking it done change together.
 *   HEAD      position of the next record that was never taken
 *   FREE      position of the first record that is still needed; before HEAD only if items are kept in the ring (queue/ring.h)
 *   RELEASED  position up to which the ring's memory may be used again
 *   OUT       items that were taken and not given back
 *   GETS      items ever taken, also those that were given back later
 *   BACK      items before HEAD that were given back
 *   DONE, ABANDONED, TOLD   items done, items among them that died with their consumers, and how many of those some join has reported
 *   LOST, REDELIVERED       for the statistics
 *   LOG, LOG_WHERE, LOG_VALUE, LOG_RECORD   a redo log of one entry, see queue/state.h */
enum {
  QUEUE_HEAD,
  QUEUE_FREE,
  QUEUE_RELEASED,
  QUEUE_OUT,
  QUEUE_GETS,
  QUEUE_BACK,
  QUEUE_DONE,
  QUEUE_ABANDONED,
  QUEUE_TOLD,
  QUEUE_LOST,
  QUEUE_REDELIVERED,
  QUEUE_LOG,
  QUEUE_LOG_WHERE,
  QUEUE_LOG_VALUE,
  QUEUE_LOG_RECORD,
  QUEUE_GET_FIELDS
};

typedef uint64_t pp_put_state[QUEUE_PUT_FIELDS];
typedef uint64_t pp_get_state[QUEUE_GET_FIELDS];

/* Participants of a queue, in a queue that does not redeliver: the low bits of `taken` count the items that were taken and are not done, without
 * those that are kept in the ring; the bits above them, how many of these the last call took that have not reached its caller yet. */
#define QUEUE_UNDONE ((1ull << 48) - 1)
#define QUEUE_IN_HAND_SHIFT 48
#define QUEUE_MOST_AT_ONCE 0xffff /* items that one call takes */

static inline uint64_t pp_queue_in_hand(uint64_t taken) { return taken >> QUEUE_IN_HAND_SHIFT; }

/* The byte of the file on which the description under which it was made holds a lock. As long as that lock is there, somebody has the queue
 * open, or it is on its way to somebody. */
#define QUEUE_IN_USE PP_PARTICIPANTS

struct pp_queue_header {
  uint64_t magic;
  uint32_t version;
  uint32_t header_size;
  uint64_t ring_size;
  uint64_t maxsize;
  uint32_t redeliver;
  pp_word ready;
  _Alignas(64) pp_word put_lock;
  struct pp_snapshot put;
  _Atomic uint64_t put_fields[2][QUEUE_PUT_FIELDS];
  _Alignas(64) pp_word get_lock;
  struct pp_snapshot get;
  pp_word logged; /* the commit whose log entry has been carried out */
  _Atomic uint64_t get_fields[2][QUEUE_GET_FIELDS];
  _Alignas(64) struct pp_notice notices[PP_QUEUE_NOTICES];
  _Alignas(64) pp_word highest; /* no participant ever had a higher index */
  struct pp_participant participants[PP_PARTICIPANTS];
  pp_word holding[PP_PARTICIPANTS]; /* items with shared objects that each has taken, and whose objects it does not have yet */
  char folder[PP_FOLDER]; /* of the tree that made the queue */
};

/* See queue/held.h. */
struct pp_held_item {
  uint64_t at, after;
};

struct pp_held {
  struct pp_held_item *items;
  uint32_t first, count, room;
  bool incomplete;
};

struct pp_queue {
  struct pp_segment segment;
  struct pp_queue_header *header;
  uint8_t *ring;
  uint64_t ring_size, maxsize; /* as they were when they were checked: another process may change the header */
  bool redeliver;
  struct pp_lock_scope scope;
  uint64_t put_at;              /* the position of the item that was put last */
  uint64_t taken_at;            /* the position of the item that was taken last, if it is kept in the ring */
  bool taken_kept;
  uint64_t counted;             /* the items that this participant has taken, without those that are kept in the ring */
  uint64_t changes;             /* the items ever put and taken, at the last call of pp_queue_trim */
  int32_t needed;               /* the length of the item for which the last get had too little room */
  uint32_t seen[PP_PUT_LOCK + 1]; /* for each thing to wait for: the word's value before the last look */
  struct pp_spinner spinner;
  struct pp_held held;
  uint32_t untidied, tidy_after; /* items marked done since the last walk of queue/tidy.c, and how many make the next walk due */
  uint64_t told;                /* the number of abandoned items of which this participant's join knows */
};

/* Returns the queue behind a handle, or NULL. */
static inline struct pp_queue *pp_queue_find(int32_t index) { return pp_handle_get(index, PP_QUEUE); }

#endif
