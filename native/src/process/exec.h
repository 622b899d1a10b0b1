/* The child's side of a spawn, between vfork and exec. The child shares the parent's memory in this time, so it makes system calls only. */
#ifndef PP_EXEC_H
#define PP_EXEC_H

#include <sys/types.h>

#include "polyproc.h"

struct pp_exec_plan {
  const struct pp_spawn *settings;
  const char *file, *cwd;
  char **argv, **envp;
  int fd[3];
  pid_t parent; /* 0: the child is not woken when its parent ends */
  int report; /* the write end of a pipe that exec closes; if a step fails, its errno is written there */
};

/* Executes the plan. If a step fails, it reports the errno and ends the child. */
_Noreturn void pp_exec(const struct pp_exec_plan *plan);

#endif
