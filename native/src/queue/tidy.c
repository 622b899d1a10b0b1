#include "queue/tidy.h"

#include "base/failpoint.h"
#include "queue/ring.h"
#include "queue/room.h"

#define LEAST_CALLS 64         /* there is no walk more often than this */
#define PIECE (1ull << 20)     /* memory is given back in pieces of this size, so that a small item costs no system call */

/* Writes into the first record of a run how far the run goes. Until now it said `known`. A process that is killed in here leaves a shorter
 * run or memory that is not given back. The length is written first: inside of a run, nobody reads any more. */
static void note_run(struct pp_queue *queue, uint64_t start, uint64_t known, uint64_t end) {
  uint64_t units = (end - start) / RING_RECORD;
  if (known == end || units > UINT32_MAX) return;
  atomic_store(&pp_ring_record(queue, start)->run, (uint32_t)units);
  FAILPOINT("tidy.noted");
  /* The pieces before that of `known` were given back when the run became so long. */
  uint64_t from = known - known % PIECE, after_first = (start + RING_RECORD + 4095) & ~4095ull, to = end - end % PIECE;
  if (from - start > end - start || from - start < after_first - start) from = after_first;
  if (to - start <= end - start && to - start > from - start) pp_room_give_back(queue, from, to);
}

static int tidy(struct pp_queue *queue, const pp_get_state get, uint32_t *steps) {
  struct pp_found found;
  uint64_t start = 0, known = 0;
  bool in_run = false;
  for (uint64_t at = get[QUEUE_FREE]; at != get[QUEUE_HEAD]; at = found.next, ++*steps) {
    int status = pp_ring_inspect(queue, at, get[QUEUE_HEAD], &found);
    if (status < 0) return status;
    /* The receiver of an item in the state RING_COUNTED may still want the objects inside, and its keeper looks at the record. */
    bool finished = pp_ring_is_finished(queue, &found) && found.state != RING_COUNTED;
    if (in_run && !finished) note_run(queue, start, known, at);
    if (!in_run && finished) {
      start = at;
      known = found.next;
    }
    in_run = finished;
  }
  if (in_run) note_run(queue, start, known, get[QUEUE_HEAD]);
  return 0;
}

int pp_tidy_some(struct pp_queue *queue, const pp_get_state get) {
  if (++queue->untidied < queue->tidy_after) return 0;
  uint32_t steps = 0;
  int status = tidy(queue, get, &steps);
  queue->untidied = 0;
  queue->tidy_after = steps < LEAST_CALLS ? LEAST_CALLS : steps;
  return status;
}
