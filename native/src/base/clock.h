#ifndef PP_CLOCK_H
#define PP_CLOCK_H

#include <stdint.h>

/* Returns the microseconds of the monotonic clock, which no change of the system's time moves. */
int64_t pp_now(void);

#endif
