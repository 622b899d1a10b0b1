/* Shared by the C programs that are measured; the counterpart of measure.ts. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

/* The value of the argument `--name=value`, or `otherwise` if it is not given. */
int64_t setting(int argc, char **argv, const char *name, int64_t otherwise);
/* The text of the argument `--name=text`, or an empty text. */
const char *text_setting(int argc, char **argv, const char *name);
/* Prints the line that the runner reads. */
void report(double value);
/* Microseconds of the monotonic clock. */
double now_us(void);
void sleep_ms(int64_t ms);
/* Runs longer and longer passes until one takes about `ms`, and returns its rate a second. */
double rate(void (*pass)(int64_t count), int64_t ms, int64_t first);
/* Microseconds of a round trip: the mean of a busy exchange, or the median of round trips with `pause` ms before each. */
double round_trip(void (*pass)(int64_t count), int64_t ms, int64_t pause);

#endif
