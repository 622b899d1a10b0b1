/* What the C programs have in common; as measure.ts. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

/* The value of the argument `name=value`, or what it is without. */
int64_t setting(int argc, char **argv, const char *name, int64_t otherwise);
/* The line that the runner reads. */
void report(double value);
/* Microseconds of the monotonic clock. */
double now_us(void);
void sleep_ms(int64_t ms);
/* Runs longer and longer passes, the first ones for warmth; gives how much a second the one did that took about `ms`. */
double rate(void (*pass)(int64_t count), int64_t ms, int64_t first);
/* Microseconds of one round trip: the mean of a busy exchange or, with `pause` ms before each, the median. */
double round_trip(void (*pass)(int64_t count), int64_t ms, int64_t pause);

#endif
