/* Participants of a segment: the processes (and threads of one process) that have it open.
 *
 * A participant is an index into a table in the segment and a generation. It holds an OFD lock on byte `index` of the file, through an open
 * file description that nobody else has. The kernel frees this lock when the process ends, whatever ended it, and keeps it while the
 * process is merely stopped. So whether a participant is dead is a fact from the kernel and never a guess by pid or time. */
#ifndef PP_PARTICIPANT_H
#define PP_PARTICIPANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/segment.h"
#include "base/word.h"

#define PP_PARTICIPANTS 1024
#define PP_FOLDER 96 /* the longest path of a tree's folder in shared memory, with its final 0 */

/* A participant as it is written into lock words and records: index + 1 in 11 bits, generation in 20 bits. The top bit is left free for the
 * lock word. */
typedef uint32_t pp_owner;
#define PP_OWNER_MASK 0x7fffffffu

/* What a participant waits for, for those who look from outside (inspect/object.c): bits in its word `used`, by the number of what it is. A
 * thread that sleeps sets and clears the first, and an event loop's watch the second. Nothing else depends on them. */
#define PP_USED 1u
#define PP_BLOCKS(what) (2u << (what))
#define PP_WATCHES(what) (0x100u << (what))

struct pp_participant {
  pp_word generation;
  pp_word used; /* PP_USED from joining until somebody has cleaned up after the participant, and what it waits for */
  _Atomic uint64_t taken; /* what it has taken from the object; each kind of object has its own format */
  _Atomic uint64_t bell;  /* names the bell of its event loop in the object's folder (see wait/bell.h); 0 if there is none */
};

static inline uint32_t pp_owner_index(pp_owner owner) { return (owner & 0x7ff) - 1; }
static inline pp_owner pp_owner_of(uint32_t index, uint32_t generation) { return (generation & 0xfffff) << 11 | (index + 1); }

/* Takes a free index and gives it a new generation, which tells everybody that the index's previous owner is dead. `bell` is the number of
 * the participant's bell, or 0. -EMLINK: no index is free. */
int pp_participant_join(const struct pp_segment *segment, struct pp_participant *table, uint64_t bell, pp_owner *me);
/* Note in the participant's own record that it waits, or does not wait any more. */
static inline void pp_participant_waits(struct pp_participant *table, pp_owner me, uint32_t bit) {
  atomic_fetch_or_explicit(&table[pp_owner_index(me)].used, bit, memory_order_relaxed);
}
static inline void pp_participant_goes_on(struct pp_participant *table, pp_owner me, uint32_t bit) {
  atomic_fetch_and_explicit(&table[pp_owner_index(me)].used, ~bit, memory_order_relaxed);
}
/* Tells whether no living process holds this index's lock. */
bool pp_participant_gone(const struct pp_segment *segment, uint32_t index);
/* Returns 1 if this owner is dead and 0 if it lives. -EBADMSG: there never was such an owner. */
int pp_owner_dead(const struct pp_segment *segment, const struct pp_participant *table, pp_owner owner);

#endif
