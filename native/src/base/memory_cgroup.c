#include "base/memory_cgroup.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define PATH 512
#define MOST_LEVELS 16
#define LOOK_US 1000000 /* a process is seldom moved to another cgroup, and limits seldom change */

/* One cgroup with a limit. */
struct level {
  char folder[PATH];
  uint64_t limit;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct level levels[MOST_LEVELS];
static int count;
static bool is_v2;
static int64_t looked;

/* Reads a number from a file of a cgroup. "max" and a missing file are no limit. */
static uint64_t number_in(const char *folder, const char *name) {
  char path[PATH + 64];
  unsigned long long number;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "re");
  if (file == NULL) return UINT64_MAX;
  if (fscanf(file, "%llu", &number) != 1) number = UINT64_MAX;
  fclose(file);
  return number;
}

/* Adds up the pages that the kernel can take back at once: the cache of files. Shared memory is not among them. */
static uint64_t reclaimable(const char *folder) {
  char path[PATH + 64], line[128], name[64];
  unsigned long long value, sum = 0;
  snprintf(path, sizeof path, "%s/memory.stat", folder);
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  while (fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "%63s %llu", name, &value) != 2) continue;
    /* In version 1, the names without "total_" leave out the cgroups below. */
    const char *known = is_v2 ? name : strncmp(name, "total_", 6) == 0 ? name + 6 : "";
    if (strcmp(known, "inactive_file") == 0 || strcmp(known, "active_file") == 0 || strcmp(known, "slab_reclaimable") == 0) sum += value;
  }
  fclose(file);
  return sum;
}

/* Finds this process's path in the hierarchy of the memory controller. */
static bool find_path(char *path) {
  char line[PATH + 64];
  bool found = false;
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (file == NULL) return false;
  while (fgets(line, sizeof line, file) != NULL) {
    char *controllers = strchr(line, ':'), *end = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (end == NULL) continue;
    *end = '\0';
    bool v1 = strstr(controllers, "memory") != NULL;
    if (!v1 && (found || controllers[1] != '\0')) continue;
    end[1 + strcspn(end + 1, "\n")] = '\0';
    snprintf(path, PATH, "%s", end + 1);
    is_v2 = !v1;
    found = true;
  }
  fclose(file);
  return found;
}

/* Finds where that hierarchy is mounted, and which of its folders is the root of the mount. */
static bool find_mount(char *root, char *mount) {
  char line[2 * PATH + 256], type[64], options[256];
  bool found = false;
  FILE *file = fopen("/proc/self/mountinfo", "re");
  if (file == NULL) return false;
  while (!found && fgets(line, sizeof line, file) != NULL) {
    const char *rest = strstr(line, " - ");
    if (rest == NULL || sscanf(rest, " - %63s %*s %255s", type, options) != 2) continue;
    if (strcmp(type, is_v2 ? "cgroup2" : "cgroup") != 0 || (!is_v2 && strstr(options, "memory") == NULL)) continue;
    found = sscanf(line, "%*s %*s %*s %511s %511s", root, mount) == 2;
  }
  fclose(file);
  return found;
}

/* Notes each cgroup with a limit, from that of this process up to the root of the mount. */
static void look(void) {
  char path[PATH], root[PATH], mount[PATH], folder[2 * PATH];
  count = 0;
  if (!find_path(path) || !find_mount(root, mount)) return;
  size_t outside = strcmp(root, "/") == 0 ? 0 : strlen(root);
  /* In a container, the path may begin with the root of the mount, or lie outside of it. */
  bool inside = strncmp(path, root, outside) == 0;
  snprintf(folder, sizeof folder, "%s%s", mount, inside ? path + outside : "");
  for (size_t length = strlen(folder); length >= strlen(mount) && count < MOST_LEVELS; length--) {
    if (folder[length] != '\0' && folder[length] != '/') continue;
    folder[length] = '\0';
    uint64_t limit = length < PATH ? number_in(folder, is_v2 ? "memory.max" : "memory.limit_in_bytes") : UINT64_MAX;
    /* Version 1 writes a huge number for "no limit". */
    if (limit >= 1ull << 60) continue;
    memcpy(levels[count].folder, folder, length + 1);
    levels[count++].limit = limit;
  }
}

static uint64_t left_at(const struct level *level, uint64_t swap) {
  uint64_t used = number_in(level->folder, is_v2 ? "memory.current" : "memory.usage_in_bytes");
  uint64_t room = level->limit > used ? level->limit - used : 0;
  if (is_v2 && swap > 0) {
    uint64_t most = number_in(level->folder, "memory.swap.max"), swapped = number_in(level->folder, "memory.swap.current");
    uint64_t may = most > swapped ? most - swapped : 0;
    room += may < swap ? may : swap;
  }
  return pp_less_reserve(room + reclaimable(level->folder), level->limit);
}

uint64_t pp_memory_cgroup_left(uint64_t swap) {
  uint64_t left = UINT64_MAX;
  pthread_mutex_lock(&guard);
  int64_t now = pp_now();
  if (looked == 0 || now - looked > LOOK_US) {
    look();
    looked = now;
  }
  for (int i = 0; i < count; i++) {
    uint64_t here = left_at(&levels[i], swap);
    if (here < left) left = here;
  }
  pthread_mutex_unlock(&guard);
  return left;
}
