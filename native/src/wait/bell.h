/* A bell wakes the event loop of another process at once. It is a file in the folder of the process tree, which the event loop watches, and to
 * which others write a byte: a named pipe, or a datagram socket where the runtime can watch sockets alone. Without a bell, the helper thread
 * of the waiting process waits in its place (see wait/sleeper.h). */
#ifndef PP_BELL_H
#define PP_BELL_H

#include <stdbool.h>
#include <stdint.h>

#include "wait/robust_lock.h"

/* The address of a bell: its folder and the number that names it there. */
struct pp_bell {
  char folder[PP_FOLDER];
  uint64_t number; /* 0: no bell */
};

/* Makes the bell at `path`, which ends with a number of 16 hexadecimal digits and ".b". `ends` get the descriptor to watch and the one by
 * which this process rings itself. Returns a negative errno if the file can't be made, or its path is too long for shared memory. */
int pp_bell_make(struct pp_bell *bell, const char *path, bool pipe, int ends[2]);
/* Removes the file. */
void pp_bell_remove(const struct pp_bell *bell);
/* Rings the bell of a participant. Returns 0, or a negative errno if its process has ended or can't be reached. */
int pp_bell_ring(const struct pp_lock_scope *scope, uint32_t index);

#endif
