#include "process/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* The kernel's struct linux_dirent64. */
struct entry {
  uint64_t inode, offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

static int number_of(const char *name) {
  int number = 0;
  for (; *name >= '0' && *name <= '9'; name++) number = number * 10 + (*name - '0');
  return *name == '\0' ? number : -1;
}

/* Lets exec close every descriptor from `first` on that /proc lists. The C library's functions for folders would allocate memory. */
static bool close_listed(int first) {
  _Alignas(struct entry) char bytes[4096];
  int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  long count;
  while ((count = syscall(SYS_getdents64, folder, bytes, sizeof bytes)) > 0) {
    for (long at = 0; at < count;) {
      const struct entry *entry = (const struct entry *)(bytes + at);
      int fd = number_of(entry->name);
      if (fd >= first) fcntl(fd, F_SETFD, FD_CLOEXEC);
      at += entry->length;
    }
  }
  return count == 0;
}

static void close_from(int first, uint64_t most) {
  /* An old kernel has no close_range, and a sandbox may refuse it. */
  if (syscall(SYS_close_range, first, ~0u, 0) == 0 || close_listed(first)) return;
  for (int fd = first; (uint64_t)fd < most && fd < 1 << 20; fd++) close(fd);
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
  /* Each C library has a type of its own for the number of a resource, so the kernel is asked directly. */
  if (syscall(SYS_prlimit64, 0, resource, NULL, &now) == 0 && now.rlim_max < both.rlim_max)
    both.rlim_cur = both.rlim_max = now.rlim_max;
  return (int)syscall(SYS_prlimit64, 0, resource, &both, NULL);
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

/* A child that is stopped can't see that its parent is gone. So the kernel wakes it then. The parent may have ended before the kernel was
 * told, and there is nobody left for whom to run. */
static void be_woken(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGCONT);
  if (getppid() != parent) _exit(127);
}

_Noreturn void pp_exec(const struct pp_exec_plan *plan) {
  if (plan->parent != 0) be_woken(plan->parent);
  /* The child's own limit may be lower, and lie below descriptors that are open. */
  struct rlimit files = {.rlim_cur = RLIM_INFINITY};
  getrlimit(RLIMIT_NOFILE, &files);
  if (setsid() < 0 || arrange_descriptors(plan) < 0) fail(plan->report, errno);
  if ((*plan->cwd != '\0' && chdir(plan->cwd) < 0) || set_limits(plan->settings) < 0) fail(plan->report, errno);
  if (dup2(plan->report, 3) != 3 || fcntl(3, F_SETFD, FD_CLOEXEC) < 0) fail(plan->report, errno);
  close_from(4, files.rlim_cur);
  if (reset_signals() == 0) execve(plan->file, plan->argv, plan->envp);
  fail(3, errno);
}
