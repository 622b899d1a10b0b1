/* What the C tests share. */
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

/* Where and when this process kills itself: at the (after + 1)-th passing of a named point, or at each passing with odds 1 in `random`. */
extern const char *pp_fail_at;
extern int pp_fail_after;
extern int pp_fail_random;
/* SIGKILL, unless a test wants another one. */
extern int pp_fail_signal;
/* Counts what is passed, if it is not NULL: PP_MOST_POINTS of them. */
extern struct pp_reached *pp_reached;

struct pp_reached *pp_find_reached(struct pp_reached *points, const char *name);

#endif
