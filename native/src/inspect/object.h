/* What pp_inspect_object tells of an object. All numbers are as another process has written them: it may be hostile, or in the middle of a
 * change. So nothing follows from them but what is shown. */
#ifndef PP_INSPECT_OBJECT_H
#define PP_INSPECT_OBJECT_H

/* The first numbers. HOLDER is the index of the participant that holds the lock, plus 1; 0: nobody, -1: one that is gone. NUMBERS is the first
 * of those that each kind has for itself:
 *   queue      size, maxsize, puts, gets, lost, redelivered, unfinished, whether it is shut down, whether it redelivers, and the holders of the
 *              put lock and the get lock
 *   lock       whether it is recursive
 *   semaphore  value, value at the start, whether that is the bound
 *   event      the flag
 *   condition  waiters
 *   barrier    parties, how many wait, whether it is broken */
enum { INSPECT_INODE, INSPECT_KIND, INSPECT_ROWS, INSPECT_HOLDER, INSPECT_NUMBERS, PP_INSPECTED = INSPECT_NUMBERS + 12 };

/* A row of a participant: its index; the bits of what it waits for (see base/participant.h); what it has: permits of a semaphore, items that
 * are not done; and the number of its bell, which tells the threads of a process apart. */
enum { INSPECT_INDEX, INSPECT_WAITS, INSPECT_HAS, INSPECT_BELL, INSPECT_ROW };

#endif
