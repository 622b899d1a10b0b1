/* FAILPOINT names a step between two stores. The tests kill or stop a process there to show that recovery works. The library itself is
 * built without PP_FAILPOINTS, so that a failpoint costs nothing. */
#ifndef PP_FAILPOINT_H
#define PP_FAILPOINT_H

#ifdef PP_FAILPOINTS
void pp_failpoint(const char *name);
#define FAILPOINT(name) pp_failpoint(name)
#else
#define FAILPOINT(name) ((void)0)
#endif

#endif
