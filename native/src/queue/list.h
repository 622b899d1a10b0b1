/* A list of items as it passes between JavaScript and this library: before each item its length (u32, the highest byte first). */
#ifndef PP_QUEUE_LIST_H
#define PP_QUEUE_LIST_H

#include <stdint.h>

#define LIST_LENGTH 4 /* the bytes of a length */

static inline uint32_t pp_list_length(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void pp_list_set_length(uint8_t *at, uint32_t length) {
  for (int i = 0; i < LIST_LENGTH; i++) at[i] = (uint8_t)(length >> (24 - 8 * i));
}

#endif
