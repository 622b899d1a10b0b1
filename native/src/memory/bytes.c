/* Access to the user's bytes: where they lie, copies, and atomic operations. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "memory/memory.h"

int32_t pp_memory_address(int32_t index, uint64_t *range) {
  const struct pp_memory *memory = pp_memory_find(index);
  if (memory == NULL) return -EBADF;
  range[0] = (uint64_t)(uintptr_t)pp_memory_base(memory);
  /* Another process may have changed the header since it was checked, so the size is limited by that of the mapping. */
  uint64_t size = ((const struct pp_memory_header *)(void *)memory->segment.base)->size;
  range[1] = size <= pp_memory_room(memory) ? size : pp_memory_room(memory);
  return 0;
}

/* Returns the user's bytes at {offset, length}, or NULL if the range does not lie inside the memory. */
static uint8_t *bytes_at(int32_t index, const uint64_t *range) {
  const struct pp_memory *memory = pp_memory_find(index);
  if (memory == NULL) return NULL;
  uint64_t room = pp_memory_room(memory);
  return range[0] <= room && range[1] <= room - range[0] ? pp_memory_base(memory) + range[0] : NULL;
}

int32_t pp_memory_read(int32_t index, const uint64_t *range, void *bytes) {
  const uint8_t *from = bytes_at(index, range);
  if (from == NULL) return -EBADF;
  memcpy(bytes, from, range[1]);
  return 0;
}

int32_t pp_memory_write(int32_t index, const uint64_t *range, const void *bytes) {
  uint8_t *to = bytes_at(index, range);
  if (to == NULL) return -EBADF;
  memcpy(to, bytes, range[1]);
  return 0;
}

enum { LOAD, STORE, ADD, SUB, AND, OR, EXCHANGE, COMPARE_EXCHANGE };

/* Defines operate_TYPE, which performs an operation on the word at `at` with {operand, expected} in `values`. */
#define OPERATE(type) \
  static int operate_##type(void *at, int operation, void *values) { \
    _Atomic type *word = at; \
    type *value = values, before = 0; \
    switch (operation) { \
      case LOAD: before = atomic_load(word); break; \
      case STORE: atomic_store(word, *value); break; \
      case ADD: before = atomic_fetch_add(word, *value); break; \
      case SUB: before = atomic_fetch_sub(word, *value); break; \
      case AND: before = atomic_fetch_and(word, *value); break; \
      case OR: before = atomic_fetch_or(word, *value); break; \
      case EXCHANGE: before = atomic_exchange(word, *value); break; \
      case COMPARE_EXCHANGE: \
        before = *(type *)(void *)((uint8_t *)values + 8); \
        atomic_compare_exchange_strong(word, &before, *value); \
        break; \
      default: return -EINVAL; \
    } \
    *value = before; \
    return 0; \
  }

OPERATE(uint8_t)
OPERATE(uint16_t)
OPERATE(uint32_t)
OPERATE(uint64_t)

int32_t pp_memory_atomic(int32_t index, int32_t operation, int32_t width, void *values) {
  struct pp_memory *memory = pp_memory_find(index);
  if (memory == NULL) return -EBADF;
  void *at = pp_memory_base(memory);
  switch (width) {
    case 1: return operate_uint8_t(at, operation, values);
    case 2: return operate_uint16_t(at, operation, values);
    case 4: return operate_uint32_t(at, operation, values);
    case 8: return operate_uint64_t(at, operation, values);
    default: return -EINVAL;
  }
}
