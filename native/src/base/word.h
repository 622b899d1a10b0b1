/* A 32-bit word in shared memory, on which threads of several processes can wait (see wait/futex.h). */
#ifndef PP_WORD_H
#define PP_WORD_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint32_t pp_word;

#endif
