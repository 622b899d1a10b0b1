/* Who takes part in a segment, and who of them is dead: known from the kernel alone.
 *
 * A participant is an index and a generation. It holds an OFD lock on byte `index` of the segment, through a description that nobody
 * else has: the kernel frees it when the process ends, however that happens, and keeps it while the process is merely stopped. */
#ifndef PP_PARTICIPANT_H
#define PP_PARTICIPANT_H

#include <stdbool.h>
#include <stdint.h>

#include "futex.h"
#include "segment.h"

#define PP_PARTICIPANTS 1024

/* In a lock word or a record: index + 1 (11 bits), generation (20 bits); the top bit is the word's own. */
typedef uint32_t pp_owner;
#define PP_OWNER_MASK 0x7fffffffu

struct pp_participant {
  pp_word generation;
  pp_word used; /* since it came, nobody has cleaned up after it */
  _Atomic uint64_t taken;
};

static inline uint32_t pp_owner_index(pp_owner owner) { return (owner & 0x7ff) - 1; }
static inline pp_owner pp_owner_of(uint32_t index, uint32_t generation) { return (generation & 0xfffff) << 11 | (index + 1); }

/* Takes a free index and gives it a new generation: who had it before is dead for everybody. -EMFILE: all are taken. */
int pp_participant_join(const struct pp_segment *segment, struct pp_participant *table, pp_owner *me);
/* Whether an index is free in the kernel's eyes. */
bool pp_participant_gone(const struct pp_segment *segment, uint32_t index);
/* 1 if this owner is dead, 0 if it lives, -EBADMSG if there never was such an owner. */
int pp_owner_dead(const struct pp_segment *segment, const struct pp_participant *table, pp_owner owner);

#endif
