/* How much memory and how many addresses this process may still take. The kernel does not refuse memory that it does not have: it kills a
 * process later. So whoever reserves much looks here first. */
#ifndef PP_ROOM_LEFT_H
#define PP_ROOM_LEFT_H

#include <stdint.h>

/* Returns how many bytes of memory the system, and each memory cgroup that this process is in, can still give. A reserve stays out of the
 * result, because the programs themselves must go on. */
uint64_t pp_memory_left(void);
/* Returns how many bytes of addresses the library may still map: what `ulimit -v` leaves, or half of all addresses. The other half is for
 * the runtime. */
uint64_t pp_addresses_left(void);
/* Returns the size up to which this process may make a file: `ulimit -f`. */
uint64_t pp_file_size_limit(void);

#endif
