/* Semaphores. The value is not stored. It is the number of permits that exist less those that participants hold, and each participant's
 * record counts its own. So acquire and release are one store each, and the permits of a dead holder can be counted and given back. */
#include <errno.h>
#include <stddef.h>

#include "base/failpoint.h"
#include "sync/kinds.h"

enum { BOUNDED = 1, ROBUST = 2 };
/* In `state`: the number of releases that found no holder. */
enum { SURPLUS };

static int64_t taken_by(const struct pp_sync *sync, uint32_t index) {
  return (int64_t)atomic_load(&sync->header->participants[index].taken);
}

static int64_t value_of(const struct pp_sync *sync) {
  /* The arithmetic is unsigned, because another process may have written any number, and signed overflow is undefined. */
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
  int status = pp_sync_try_lock_guard(sync);
  if (status < 0) return status == -EBUSY ? -EAGAIN : status;
  int64_t value = value_of(sync);
  if (!is_sane(value)) status = -EBADMSG;
  else if (value == 0) status = -EAGAIN;
  else atomic_fetch_add(&sync->header->participants[pp_owner_index(sync->scope.me)].taken, 1);
  FAILPOINT("semaphore.taken");
  pp_sync_unlock_guard(sync);
  /* Several permits may have been released at once. Each waiter that got one wakes the next. */
  if (status == 0 && value > 1) pp_sync_tell(sync, 1);
  return status;
}

/* Finds the participant whose permit is released: this one, or else any that holds one, because anybody may release. */
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
  int status = pp_sync_lock_guard(sync);
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
  pp_sync_unlock_guard(sync);
  if (status == 0) pp_sync_tell(sync, 1);
  return status;
}

int32_t pp_semaphore_value(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_SEMAPHORE);
  if (sync == NULL) return -EBADF;
  pp_sync_clean(sync);
  int status = pp_sync_lock_guard(sync);
  /* A process that holds the guard for so long is stopped. Then nobody changes the state, and it can be read without the guard. */
  if (status < 0 && status != -EBUSY) return status;
  int64_t value = value_of(sync);
  if (status == 0) pp_sync_unlock_guard(sync);
  if (!is_sane(value)) return status < 0 ? status : -EBADMSG;
  return (int32_t)value;
}

/* Without ROBUST the permits of a dead holder stay taken, as in Python. The next participant with the same index inherits them. */
static int forget(struct pp_sync *sync, uint32_t index, enum pp_farewell farewell) {
  (void)farewell;
  if ((sync->header->settings[1] & ROBUST) == 0 || taken_by(sync, index) == 0) return 0;
  atomic_store(&sync->header->participants[index].taken, 0);
  return 1;
}

static void inspect(const struct pp_sync *sync, int64_t *numbers) {
  numbers[0] = value_of(sync);
  numbers[1] = sync->header->settings[0];
  numbers[2] = (sync->header->settings[1] & BOUNDED) != 0;
}

const struct pp_sync_kind pp_semaphore_kind = {.forget = forget, .inspect = inspect, .has = taken_by};
