/* Shared memory: a page with a header, then the user's bytes.
 *
 * Without a name it is a sealed memory file, which other processes get by its descriptor. With a name it is a file in the system's shared
 * memory folder, which lives until somebody unlinks it or its last holder closes it (see named.h). */
#ifndef PP_MEMORY_H
#define PP_MEMORY_H

#include <stdbool.h>

#include "base/handles.h"
#include "base/segment.h"
#include "memory/named.h"

#define PP_MEMORY_MAGIC 0x314d454d59535050ull /* "PPSYMEM1" */
#define PP_MEMORY_VERSION 1
#define PP_MEMORY_PAGE 4096

struct pp_memory_header {
  uint64_t magic;
  uint32_t version, named;
  uint64_t size;
};

struct pp_memory {
  struct pp_segment segment;
  char path[PP_NAMED_PATH]; /* empty without a name */
};

static inline struct pp_memory *pp_memory_find(int32_t index) { return pp_handle_get(index, PP_MEMORY); }
/* The bytes that a user can reach: the whole mapping behind the header. */
static inline uint8_t *pp_memory_base(const struct pp_memory *memory) { return memory->segment.base + PP_MEMORY_PAGE; }
static inline uint64_t pp_memory_room(const struct pp_memory *memory) { return memory->segment.size - PP_MEMORY_PAGE; }

#endif
