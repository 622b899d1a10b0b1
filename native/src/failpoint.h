/* Named places at which tests kill or stop the process; nothing at all in the library. */
#ifndef PP_FAILPOINT_H
#define PP_FAILPOINT_H

#ifdef PP_FAILPOINTS
void pp_failpoint(const char *name);
#define FAILPOINT(name) pp_failpoint(name)
#else
#define FAILPOINT(name) ((void)0)
#endif

#endif
