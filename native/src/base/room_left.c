#include "base/room_left.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory_cgroup.h"

uint64_t pp_memory_left(void) {
  unsigned long long total = 0, available = 0, swap = 0;
  char line[128];
  FILE *file = fopen("/proc/meminfo", "re");
  /* Without /proc nothing is known, and the kernel has the last word. */
  if (file == NULL) return UINT64_MAX;
  while (fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "MemTotal: %llu", &total) == 1 || sscanf(line, "MemAvailable: %llu", &available) == 1) continue;
    if (sscanf(line, "SwapFree: %llu", &swap) == 1) break;
  }
  fclose(file);
  uint64_t left = pp_less_reserve((available + swap) << 10, total << 10);
  uint64_t ours = pp_memory_cgroup_left(swap << 10);
  return ours < left ? ours : left;
}

static uint64_t addresses_used(void) {
  unsigned long long pages = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL) return 0;
  if (fscanf(file, "%llu", &pages) != 1) pages = 0;
  fclose(file);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Stacks lie at the upper end of the addresses that a process can have, so the address of a variable tells how many there are. */
static uint64_t half_of_all(void) {
  char here;
  uint64_t half = 1;
  while (half <= (uintptr_t)&here / 2) half *= 2;
  return half;
}

uint64_t pp_addresses_left(void) {
  struct rlimit limit;
  uint64_t all = half_of_all(), used = addresses_used();
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur < all) all = limit.rlim_cur;
  return all > used ? all - used : 0;
}

uint64_t pp_file_size_limit(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 ? limit.rlim_cur : UINT64_MAX;
}
