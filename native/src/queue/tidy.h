/* Finished records that lie behind an item which is kept in the ring.
 *
 * FREE can't pass that item, so these records stay in the ring. A run is an unbroken row of them. Its first record says how long it is, so
 * that no walk visits each of them again, and the memory of the others is given back. */
#ifndef PP_QUEUE_TIDY_H
#define PP_QUEUE_TIDY_H

#include "queue/state.h"

/* Get lock held, and the last commit's log is carried out. Joins finished records to runs, but not on each call: so often that the walks
 * cost a few steps for each item marked done, or for each call that takes items which are only counted. -EBADMSG. */
int pp_tidy_some(struct pp_queue *queue, const pp_get_state get);

#endif
