#include "process/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static void close_from(int first) {
  if (syscall(SYS_close_range, first, ~0u, 0) == 0) return;
  struct rlimit limit;
  int most = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1 << 20 ? (int)limit.rlim_cur : 1 << 20;
  for (int fd = first; fd < most; fd++) close(fd);
}

static int reset_signals(void) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, NULL);
}

static int limit(int resource, int64_t value) {
  if (value == 0) return 0;
  struct rlimit both = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};
  struct rlimit now;
  if (getrlimit(resource, &now) == 0 && now.rlim_max < both.rlim_max) both.rlim_cur = both.rlim_max = now.rlim_max;
  return setrlimit(resource, &both);
}

static int set_limits(const struct pp_spawn *settings) {
  cpu_set_t cpus;
  int some = 0;
  CPU_ZERO(&cpus);
  for (unsigned cpu = 0; cpu < 1024; cpu++) {
    if ((settings->cpus[cpu / 64] >> cpu % 64 & 1) == 0) continue;
    CPU_SET(cpu, &cpus);
    some = 1;
  }
  if (some && sched_setaffinity(0, sizeof cpus, &cpus) < 0) return -1;
  errno = 0;
  if (settings->nice != 0 && nice((int)settings->nice) == -1 && errno != 0) return -1;
  if (limit(RLIMIT_DATA, settings->memory) < 0 || limit(RLIMIT_CPU, settings->cpu_time) < 0) return -1;
  return limit(RLIMIT_NOFILE, settings->open_files);
}

static int arrange_descriptors(const struct pp_exec_plan *plan) {
  /* The sources have numbers above 2, so no dup2 overwrites one that is still needed. The copies lack close-on-exec, as they should. */
  for (int i = 0; i < 3; i++)
    if (dup2(plan->fd[i], i) < 0) return -1;
  return 0;
}

static _Noreturn void fail(int report, int error) {
  while (write(report, &error, sizeof error) < 0 && errno == EINTR) continue;
  _exit(127);
}

_Noreturn void pp_exec(const struct pp_exec_plan *plan) {
  if (setsid() < 0 || arrange_descriptors(plan) < 0) fail(plan->report, errno);
  if ((*plan->cwd != '\0' && chdir(plan->cwd) < 0) || set_limits(plan->settings) < 0) fail(plan->report, errno);
  if (dup2(plan->report, 3) != 3 || fcntl(3, F_SETFD, FD_CLOEXEC) < 0) fail(plan->report, errno);
  close_from(4);
  if (reset_signals() == 0) execve(plan->file, plan->argv, plan->envp);
  fail(3, errno);
}
