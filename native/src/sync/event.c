/* Events. The state is one word. Its lowest bit is the flag, and the other bits count how often the flag was set. So a waiter notices a
 * flag that was set and cleared again before it could look. */
#include <errno.h>
#include <stddef.h>

#include "sync/kinds.h"

enum { WORD };
#define FLAG 1u
#define MASK 0x7fffffffu

static void inspect(const struct pp_sync *sync, int64_t *numbers) { numbers[0] = (int64_t)(atomic_load(&sync->header->state[WORD]) & FLAG); }

const struct pp_sync_kind pp_event_kind = {.is_lock_word = false, .inspect = inspect};

int32_t pp_event_set(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_EVENT);
  if (sync == NULL) return -EBADF;
  uint64_t word = atomic_load(&sync->header->state[WORD]);
  while ((word & FLAG) == 0 && !atomic_compare_exchange_weak(&sync->header->state[WORD], &word, (word + 2) | FLAG)) continue;
  pp_sync_tell(sync, INT32_MAX);
  return 0;
}

int32_t pp_event_clear(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_EVENT);
  if (sync == NULL) return -EBADF;
  atomic_fetch_and(&sync->header->state[WORD], ~(uint64_t)FLAG);
  return 0;
}

int32_t pp_event_look(int32_t index) {
  struct pp_sync *sync = pp_sync_find(index, PP_EVENT);
  if (sync == NULL) return -EBADF;
  pp_sync_note(sync);
  return (int32_t)(atomic_load(&sync->header->state[WORD]) & MASK);
}
