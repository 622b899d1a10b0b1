/* Making a queue with a ring of a given size. */
#ifndef PP_QUEUE_OPEN_H
#define PP_QUEUE_OPEN_H

#include <stdint.h>

/* Like pp_queue_make, which chooses the size of the ring itself. */
int32_t pp_queue_make_sized(int32_t inbox, uint64_t ring_size, uint64_t maxsize, int redeliver);

#endif
