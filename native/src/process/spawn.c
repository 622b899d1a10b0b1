/* Starting a program: the parent's side. process/exec.c is the child's side. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file_status.h"
#include "polyproc.h"
#include "process/child.h"
#include "process/environment.h"
#include "process/exec.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Opens a pipe that is to become an output of the child once more, and returns -1 if that is not possible. The mode O_NONBLOCK belongs to what
 * was opened. A runtime that switches it on for itself would switch it on for every process that shares the opened pipe, and the writes of
 * those that do not expect it would fail when the pipe is full. */
static int open_pipe_again(int fd) {
  struct stat status;
  if (pp_fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode)) return -1;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  /* Without O_NONBLOCK this would wait for a reader, if the pipe has a name and nobody reads it. */
  int again = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (again >= 0) fcntl(again, F_SETFL, 0);
  return again;
}

/* Copies the child's three descriptors to numbers from 10 on, out of the way of 0 to 3. */
static int open_descriptors(struct pp_exec_plan *plan, const struct pp_spawn *settings) {
  for (int i = 0; i < 3; i++) {
    int source = settings->fd[i];
    int opened = -1;
    if (source < 0 || fcntl(source, F_GETFD) < 0) source = opened = open("/dev/null", (i == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
    else if (i > 0 && (opened = open_pipe_again(source)) >= 0) source = opened;
    if (source >= 0) plan->fd[i] = fcntl(source, F_DUPFD_CLOEXEC, 10);
    int status = plan->fd[i] < 0 ? -errno : 0;
    if (opened >= 0) close(opened);
    if (status < 0) return status;
  }
  return 0;
}

static __attribute__((noinline)) pid_t start(const struct pp_exec_plan *plan) {
  /* The child runs in this thread's memory until it execs. A signal handler of the runtime must not run there meanwhile. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = vfork();
  if (pid == 0) pp_exec(plan);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return pid;
}

/* Starts the child and waits until it has execed, or has reported why it could not. */
static int start_and_hear(struct pp_exec_plan *plan, pid_t *pid) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) return -errno;
  plan->report = fcntl(report[1], F_DUPFD_CLOEXEC, 10);
  close(report[1]);
  *pid = plan->report < 0 ? -1 : start(plan);
  int error = *pid < 0 ? errno : 0;
  if (plan->report >= 0) close(plan->report);
  if (*pid > 0) {
    int came = 0;
    ssize_t count;
    do count = read(report[0], &came, sizeof came);
    while (count < 0 && errno == EINTR);
    if (count == sizeof came) error = came;
  }
  close(report[0]);
  return -error;
}

static void reap(pid_t pid) {
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
}

static int start_watched(struct pp_exec_plan *plan, int32_t inbox, int32_t id, int32_t *out) {
  pid_t pid = -1;
  int status = start_and_hear(plan, &pid);
  if (status < 0) {
    if (pid > 0) reap(pid);
    return status;
  }
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  status = pidfd < 0 ? -errno : pp_child_watch(inbox, id, pidfd);
  if (status < 0) {
    /* The child is not reaped yet, so its pid cannot belong to another process. */
    kill(pid, SIGKILL);
    reap(pid);
    if (pidfd >= 0) close(pidfd);
    return status;
  }
  *out = pid;
  return pidfd;
}

/* Makes the system keep the exit codes of children. Whoever started this program may have set SIGCHLD to be ignored, which this program then
 * inherits, and the kernel would forget how a child ended at once. */
static void keep_exit_codes(void) {
  struct sigaction action;
  if (sigaction(SIGCHLD, NULL, &action) < 0) return;
  bool ignored = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
  if (!ignored && (action.sa_flags & SA_NOCLDWAIT) == 0) return;
  if (ignored) action.sa_handler = SIG_DFL;
  action.sa_flags &= ~SA_NOCLDWAIT;
  sigaction(SIGCHLD, &action, NULL);
}

int32_t pp_spawn(int32_t inbox, int32_t id, const struct pp_spawn *settings, const char *text, int32_t *pid) {
  struct pp_exec_plan plan = {.settings = settings, .fd = {-1, -1, -1}};
  /* The kernel wakes the child at the end of this thread, so that must be the thread whose end is the end of the process. */
  if (settings->wake != 0 && syscall(SYS_gettid) == getpid()) plan.parent = getpid();
  char path[4096];
  const char *name = text;
  plan.cwd = pp_next_string(name);
  const char *argument = pp_next_string(plan.cwd);
  plan.argv = calloc((size_t)settings->argc + 1, sizeof *plan.argv);
  for (int i = 0; plan.argv != NULL && i < settings->argc; i++, argument = pp_next_string(argument))
    plan.argv[i] = (char *)(uintptr_t)argument;
  plan.envp = pp_make_environment(argument, settings->envc, settings->inherit);
  keep_exit_codes();
  int status = plan.argv == NULL || plan.envp == NULL ? -ENOMEM : pp_find_program(name, plan.envp, path, sizeof path);
  plan.file = path;
  if (status == 0) status = open_descriptors(&plan, settings);
  if (status == 0) status = start_watched(&plan, inbox, id, pid);
  for (int i = 0; i < 3; i++)
    if (plan.fd[i] >= 0) close(plan.fd[i]);
  free(plan.argv);
  free(plan.envp);
  return status;
}
