/* Barriers. The state is a word with the phase, the number of parties that have arrived and whether the barrier is broken, and a history
 * that tells for each of the last 64 phases whether a reset ended it. A party marks its arrival in its own participant's record before it
 * counts itself in the word. So whoever cleans up after it knows that it had arrived, and breaks the barrier. */
#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "sync/kinds.h"

enum { WORD, HISTORY };
#define BROKEN (1ull << 31)
#define ACTING (1ull << 30) /* the last party has arrived and has not ended the phase yet */
#define COUNT (ACTING - 1)

static int32_t phase_of(uint64_t word) { return (int32_t)(word >> 32 & 0x7fffffff); }
static uint64_t next_phase(uint64_t word) { return (((word >> 32) + 1) & 0x7fffffff) << 32; }

static void end_phase(struct pp_sync *sync, uint64_t word, bool by_reset) {
  uint64_t bit = 1ull << (phase_of(word) & 63);
  uint64_t history = atomic_load(&sync->header->state[HISTORY]);
  atomic_store(&sync->header->state[HISTORY], by_reset ? history | bit : history & ~bit);
  FAILPOINT("barrier.history");
  atomic_store(&sync->header->state[WORD], next_phase(word));
}

/* The record of a participant holds the phase in which it arrived last, plus 1. */
static void mark_arrival(struct pp_sync *sync, uint64_t word) {
  atomic_store(&sync->header->participants[pp_owner_index(sync->scope.me)].taken, (uint64_t)(uint32_t)phase_of(word) + 1);
}

int32_t pp_barrier_arrive(int32_t index, int32_t *fields) {
  struct pp_sync *sync = pp_sync_find(index, PP_BARRIER);
  if (sync == NULL) return -EBADF;
  pp_sync_clean(sync);
  pp_sync_note(sync);
  int status = pp_sync_lock_guard(sync);
  if (status < 0) return status;
  uint64_t word = atomic_load(&sync->header->state[WORD]);
  int32_t arrived = (int32_t)(word & COUNT);
  fields[0] = phase_of(word);
  fields[1] = sync->header->settings[0];
  if ((word & BROKEN) != 0) status = -EPIPE;
  else if ((word & ACTING) != 0) status = -EAGAIN;
  else if (arrived >= sync->header->settings[0]) status = -EBADMSG;
  else {
    mark_arrival(sync, word);
    FAILPOINT("barrier.marked");
    bool last = arrived + 1 == sync->header->settings[0];
    atomic_store(&sync->header->state[WORD], (word + 1) | (last ? ACTING : 0));
    status = arrived;
    FAILPOINT("barrier.arrived");
  }
  pp_sync_unlock_guard(sync);
  return status;
}

/* Tells how a past phase ended: 1, or -EPIPE if a reset ended it. */
static int ending_of(const struct pp_sync *sync, int32_t phase) {
  return (atomic_load(&sync->header->state[HISTORY]) >> (phase & 63) & 1) != 0 ? -EPIPE : 1;
}

int32_t pp_barrier_look(int32_t index, int32_t phase) {
  struct pp_sync *sync = pp_sync_find(index, PP_BARRIER);
  if (sync == NULL) return -EBADF;
  pp_sync_note(sync);
  uint64_t word = atomic_load(&sync->header->state[WORD]);
  if (phase_of(word) != phase) return ending_of(sync, phase);
  return (word & BROKEN) != 0 ? -EPIPE : 0;
}

enum { PASS, BREAK, RESET };

int32_t pp_barrier_end(int32_t index, int32_t how, int32_t phase) {
  struct pp_sync *sync = pp_sync_find(index, PP_BARRIER);
  if (sync == NULL || how < PASS || how > RESET) return sync == NULL ? -EBADF : -EINVAL;
  int status = pp_sync_lock_guard(sync);
  if (status < 0) return status;
  uint64_t word = atomic_load(&sync->header->state[WORD]);
  if (phase >= 0 && phase_of(word) != phase) status = ending_of(sync, phase);
  else if (how == BREAK) atomic_store(&sync->header->state[WORD], word | BROKEN);
  else if (how == RESET) end_phase(sync, word, true);
  else if ((word & BROKEN) != 0) status = -EPIPE;
  else if ((word & ACTING) != 0) end_phase(sync, word, false);
  else status = -EPIPE;
  pp_sync_unlock_guard(sync);
  if (status == 0) pp_sync_tell(sync, INT32_MAX);
  return status;
}

int32_t pp_barrier_state(int32_t index, int32_t *fields) {
  struct pp_sync *sync = pp_sync_find(index, PP_BARRIER);
  if (sync == NULL) return -EBADF;
  pp_sync_clean(sync);
  uint64_t word = atomic_load(&sync->header->state[WORD]);
  fields[0] = sync->header->settings[0];
  fields[1] = (word & BROKEN) != 0 ? 0 : (int32_t)(word & COUNT);
  fields[2] = (word & BROKEN) != 0;
  return 0;
}

static bool has_arrived(const struct pp_sync *sync, uint32_t index, uint64_t word) {
  return atomic_load(&sync->header->participants[index].taken) == (uint64_t)(uint32_t)phase_of(word) + 1 && (word & COUNT) != 0;
}

/* A party that leaves in order before it arrives does not break the barrier. A dead one always does, because the others may wait for it. */
static int forget(struct pp_sync *sync, uint32_t index, enum pp_farewell farewell) {
  uint64_t word = atomic_load(&sync->header->state[WORD]);
  bool arrived = has_arrived(sync, index, word);
  if (farewell == PP_DIED || arrived) atomic_store(&sync->header->state[WORD], word | BROKEN);
  atomic_store(&sync->header->participants[index].taken, 0);
  return 1;
}

static int64_t waits_of(const struct pp_sync *sync, uint32_t index) { return has_arrived(sync, index, atomic_load(&sync->header->state[WORD])); }

static void inspect(const struct pp_sync *sync, int64_t *numbers) {
  uint64_t word = atomic_load(&sync->header->state[WORD]);
  numbers[0] = sync->header->settings[0];
  numbers[1] = (word & BROKEN) != 0 ? 0 : (int64_t)(word & COUNT);
  numbers[2] = (word & BROKEN) != 0;
}

const struct pp_sync_kind pp_barrier_kind = {.forget = forget, .inspect = inspect, .has = waits_of};
