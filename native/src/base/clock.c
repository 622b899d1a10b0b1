#include "base/clock.h"

#include <time.h>

#include "polyproc.h"

int64_t pp_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int32_t pp_clock(int64_t *microseconds) {
  *microseconds = pp_now();
  return 0;
}
