/* A snapshot is a group of numbers that change together by a single store. There are two copies of the numbers, and a counter whose lowest
 * bit says which copy is valid. A writer fills the other copy and then stores the counter. A writer that is killed before that store has
 * changed nothing, and readers need no lock. */
#ifndef PP_SNAPSHOT_H
#define PP_SNAPSHOT_H

#include "base/word.h"

struct pp_snapshot {
  pp_word select;
};

/* Reads all `count` fields as they were at one moment. `copies` has 2 * count elements. -EBUSY: the counter did not stay the same
 * for the time of a read, as often as it was tried. */
int pp_snapshot_read(const struct pp_snapshot *snapshot, const _Atomic uint64_t *copies, int count, uint64_t *fields);
/* Publishes new values. The caller holds the lock that guards the snapshot. */
void pp_snapshot_commit(struct pp_snapshot *snapshot, _Atomic uint64_t *copies, int count, const uint64_t *fields);

#endif
