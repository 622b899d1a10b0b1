#include "base/snapshot.h"

#include <errno.h>

#include "base/failpoint.h"

#define TRIES 100000

int pp_snapshot_read(const struct pp_snapshot *snapshot, const _Atomic uint64_t *copies, int count, uint64_t *fields) {
  for (int tries = 0; tries < TRIES; tries++) {
    uint32_t select = atomic_load_explicit(&snapshot->select, memory_order_acquire);
    const _Atomic uint64_t *copy = copies + (select & 1) * (uint32_t)count;
    for (int i = 0; i < count; i++) fields[i] = atomic_load_explicit(&copy[i], memory_order_acquire);
    if (atomic_load_explicit(&snapshot->select, memory_order_relaxed) == select) return 0;
  }
  return -EBUSY;
}

void pp_snapshot_commit(struct pp_snapshot *snapshot, _Atomic uint64_t *copies, int count, const uint64_t *fields) {
  uint32_t select = atomic_load_explicit(&snapshot->select, memory_order_relaxed) + 1;
  _Atomic uint64_t *copy = copies + (select & 1) * (uint32_t)count;
  for (int i = 0; i < count; i++) {
    atomic_store_explicit(&copy[i], fields[i], memory_order_release);
    if (i == count / 2) FAILPOINT("snapshot.half_written");
  }
  FAILPOINT("snapshot.before_commit");
  atomic_store_explicit(&snapshot->select, select, memory_order_release);
  FAILPOINT("snapshot.after_commit");
}
