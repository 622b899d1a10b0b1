/* Several numbers that change all at once, by a single store: two copies, and a counter that says which one holds.
 * A writer that is killed before that store has changed nothing; readers need no lock. */
#ifndef PP_SNAPSHOT_H
#define PP_SNAPSHOT_H

#include "futex.h"

struct pp_snapshot {
  pp_word select;
};

/* Reads all `count` fields as they were at one moment; -EBADMSG if they never hold still. `copies` has 2 * count. */
int pp_snapshot_read(const struct pp_snapshot *snapshot, const _Atomic uint64_t *copies, int count, uint64_t *fields);
/* Publishes new values; by the holder of the lock that guards them. */
void pp_snapshot_commit(struct pp_snapshot *snapshot, _Atomic uint64_t *copies, int count, const uint64_t *fields);

#endif
