/* Reads the fuzzer's bytes as the steps of a process that damages shared memory. */
#ifndef PP_FUZZ_INPUT_H
#define PP_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct input {
  const uint8_t *bytes;
  size_t left;
};

static inline uint64_t take(struct input *input, size_t size) {
  uint64_t value = 0;
  if (size > input->left) size = input->left;
  memcpy(&value, input->bytes, size);
  input->bytes += size;
  input->left -= size;
  return value;
}

/* Returns a number near `about`, one at which arithmetic easily goes wrong, or any other one. */
static inline uint64_t take_number(struct input *input, uint64_t about) {
  static const uint64_t edges[] = {0, 1, 15, 16, 1ull << 31, 1ull << 32, 1ull << 62, 1ull << 63, UINT64_MAX};
  uint64_t kind = take(input, 1);
  if (kind < 128) return about + take(input, 1) * 16 - 2048;
  if (kind < 192) return edges[kind % (sizeof edges / sizeof *edges)] + take(input, 1) % 64 - 32;
  return take(input, 8);
}

#endif
