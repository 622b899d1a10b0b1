/* Shared by all C tests. */
#ifndef PP_HARNESS_H
#define PP_HARNESS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      abort(); \
    } \
  } while (0)

/* --- failpoint.c --- */

#define PP_MOST_POINTS 64

struct pp_reached {
  char name[32];
  volatile long times, kills;
};

/* When this process kills itself: when it passes the named failpoint for the (after + 1)-th time, or with a chance of 1 in `random`
 * whenever it passes any failpoint. */
extern const char *pp_fail_at;
extern int pp_fail_after;
extern int pp_fail_random;
/* The signal to send: SIGKILL unless a test sets another one. */
extern int pp_fail_signal;
/* If it is not NULL: PP_MOST_POINTS counters of passed failpoints. */
extern struct pp_reached *pp_reached;

struct pp_reached *pp_find_reached(struct pp_reached *points, const char *name);

#endif
