/* The limits of the memory cgroups that this process is in, of version 1 or 2. Shared memory counts towards them. */
#ifndef PP_MEMORY_CGROUP_H
#define PP_MEMORY_CGROUP_H

#include <stdint.h>

/* Returns how many bytes the fullest of these cgroups can still take, less a reserve. `swap` is how much swap space the system has left.
 * UINT64_MAX: there is no limit. */
uint64_t pp_memory_cgroup_left(uint64_t swap);

/* Takes the reserve off: a sixteenth of `total`, 64 MiB at most. */
static inline uint64_t pp_less_reserve(uint64_t left, uint64_t total) {
  uint64_t reserve = total / 16 < 64ull << 20 ? total / 16 : 64ull << 20;
  return left > reserve ? left - reserve : 0;
}

#endif
