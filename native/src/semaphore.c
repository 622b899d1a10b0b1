/* Semaphores. The value is not kept: it is the permits that there are less those in the hands of participants, so that each call is one
 * store, and the permits of the dead can be counted and given back. */
#include <errno.h>
#include <stddef.h>

#include "failpoint.h"
#include "polyproc.h"
#include "sync.h"

enum { BOUNDED = 1, ROBUST = 2 };
/* In `state`: permits released beyond those that were taken, plus those that died with their holders; a two's complement number. */
enum { SURPLUS };

static int64_t taken_by(const struct pp_sync *sync, uint32_t index) { return (int64_t)atomic_load(&sync->header->participants[index].taken); }

static int64_t value_of(const struct pp_sync *sync) {
  /* Unsigned, for what a liar writes may be any number. */
  uint64_t value = (uint64_t)(int64_t)sync->header->settings[0] + atomic_load(&sync->header->state[SURPLUS]);
  uint32_t highest = atomic_load(&sync->header->highest);
  for (uint32_t i = 0; i <= highest && i < PP_PARTICIPANTS; i++) value -= atomic_load(&sync->header->participants[i].taken);
  return (int64_t)value;
}

static bool is_sane(int64_t value) { return value >= 0 && value <= INT32_MAX; }

int32_t pp_semaphore_acquire(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_SEMAPHORE);
  if (sync == NULL) return -EBADF;
  pp_sync_note(sync);
  int status = pp_sync_try_enter(sync);
  if (status < 0) return status == -EBUSY ? -EAGAIN : status;
  int64_t value = value_of(sync);
  if (!is_sane(value)) status = -EBADMSG;
  else if (value == 0) status = -EAGAIN;
  else atomic_fetch_add(&sync->header->participants[pp_owner_index(sync->scope.me)].taken, 1);
  FAILPOINT("semaphore.taken");
  pp_sync_leave(sync);
  /* Of several released at once, each who got one wakes the next. */
  if (status == 0 && value > 1) pp_sync_tell(sync, 1);
  return status;
}

/* Whose permit it is that comes back: this participant's, else any other's. */
static _Atomic uint64_t *holder_of_one(struct pp_sync *sync) {
  uint32_t own = pp_owner_index(sync->scope.me), highest = atomic_load(&sync->header->highest);
  if (taken_by(sync, own) > 0) return &sync->header->participants[own].taken;
  for (uint32_t i = 0; i <= highest && i < PP_PARTICIPANTS; i++)
    if (taken_by(sync, i) > 0) return &sync->header->participants[i].taken;
  return NULL;
}

int32_t pp_semaphore_release(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_SEMAPHORE);
  if (sync == NULL) return -EBADF;
  int status = pp_sync_enter(sync);
  if (status < 0) return status;
  int64_t value = value_of(sync);
  int64_t most = (sync->header->settings[1] & BOUNDED) != 0 ? sync->header->settings[0] : INT32_MAX;
  if (!is_sane(value)) status = -EBADMSG;
  else if (value >= most) status = -EOVERFLOW;
  else {
    _Atomic uint64_t *holder = holder_of_one(sync);
    if (holder != NULL) atomic_fetch_sub(holder, 1);
    else atomic_fetch_add(&sync->header->state[SURPLUS], 1);
  }
  FAILPOINT("semaphore.given");
  pp_sync_leave(sync);
  if (status == 0) pp_sync_tell(sync, 1);
  return status;
}

int32_t pp_semaphore_value(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_SEMAPHORE);
  if (sync == NULL) return -EBADF;
  pp_sync_clean(sync);
  int status = pp_sync_enter(sync);
  /* Who holds the guard for so long stands still, and then nobody else changes anything either. */
  if (status < 0 && status != -EBUSY) return status;
  int64_t value = value_of(sync);
  if (status == 0) pp_sync_leave(sync);
  if (!is_sane(value)) return status < 0 ? status : -EBADMSG;
  return (int32_t)value;
}

/* Of one that is not robust, what the dead held stays taken: in the name of whoever gets their place. */
int pp_semaphore_forget(struct pp_sync *sync, uint32_t index) {
  if ((sync->header->settings[1] & ROBUST) == 0 || taken_by(sync, index) == 0) return 0;
  atomic_store(&sync->header->participants[index].taken, 0);
  return 1;
}
