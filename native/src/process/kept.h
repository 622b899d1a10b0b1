/* The descriptors that this process keeps for others, each under a token of 128 random bits. */
#ifndef PP_KEPT_H
#define PP_KEPT_H

#include <stdint.h>

/* Keeps the descriptor itself, not a copy. -EMFILE: too many are kept. */
int pp_kept_add(const uint8_t *token, int fd);
/* Takes a descriptor out and returns it. -ENOENT: nothing is kept under this token. */
int pp_kept_take(const uint8_t *token);

#endif
