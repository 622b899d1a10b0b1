/* fork and exec with exactly the descriptors that were named. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "polyproc.h"
#include "reactor.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

extern char **environ;

struct plan {
  const struct pp_spawn *settings;
  const char *file, *cwd;
  char **argv, **envp;
  int fd[3];
  int report; /* closed by exec; before that, an errno comes out of its other end */
};

/* --- in the child, between fork and exec: nothing but system calls --- */

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

static int arrange_descriptors(const struct plan *plan) {
  /* All are above 2 here, so that none is overwritten before its turn; dup2 gives copies without close-on-exec. */
  for (int i = 0; i < 3; i++)
    if (dup2(plan->fd[i], i) < 0) return -1;
  return 0;
}

static void run_child(const struct plan *plan) {
  if (setsid() >= 0 && arrange_descriptors(plan) == 0 && (*plan->cwd == '\0' || chdir(plan->cwd) == 0) && set_limits(plan->settings) == 0 &&
      dup2(plan->report, 3) == 3 && fcntl(3, F_SETFD, FD_CLOEXEC) == 0) {
    close_from(4);
    if (reset_signals() == 0) execve(plan->file, plan->argv, plan->envp);
    int error = errno;
    while (write(3, &error, sizeof error) < 0 && errno == EINTR) continue;
    _exit(127);
  }
  int error = errno;
  while (write(plan->report, &error, sizeof error) < 0 && errno == EINTR) continue;
  _exit(127);
}

/* --- in the parent --- */

/* A name is looked for as the child's own PATH says; -errno if there is no such program. */
static int find_program(const char *name, char *const *envp, char *path, size_t size) {
  if (strchr(name, '/') != NULL) return strlen(name) < size ? (strcpy(path, name), 0) : -ENAMETOOLONG;
  const char *folders = "/usr/local/bin:/bin:/usr/bin";
  for (; *envp != NULL; envp++)
    if (strncmp(*envp, "PATH=", 5) == 0) folders = *envp + 5;
  int status = -ENOENT;
  while (*folders != '\0') {
    size_t length = strcspn(folders, ":");
    if (length + strlen(name) + 2 <= size) {
      memcpy(path, folders, length);
      path[length] = '/';
      strcpy(path + length + (length > 0), name);
      if (access(path, X_OK) == 0) return 0;
      if (errno == EACCES) status = -EACCES;
    }
    folders += length + (folders[length] == ':');
  }
  return status;
}

static const char *next_string(const char *text) { return text + strlen(text) + 1; }

static int is_named(const char *variable, const char *change) {
  size_t name = strcspn(change, "=");
  return strncmp(variable, change, name) == 0 && variable[name] == '=';
}

/* The environment, with this process's own below it if it is inherited; the strings stay where they are. */
static char **make_environment(const char *changes, int count, int inherit) {
  size_t present = 0;
  while (inherit && environ[present] != NULL) present++;
  char **envp = calloc(present + (size_t)count + 1, sizeof *envp);
  size_t used = 0;
  for (size_t i = 0; envp != NULL && i < present; i++) {
    const char *change = changes;
    int changed = 0;
    for (int k = 0; k < count && !changed; k++, change = next_string(change)) changed = is_named(environ[i], change);
    if (!changed) envp[used++] = environ[i];
  }
  for (int k = 0; envp != NULL && k < count; k++, changes = next_string(changes))
    if (strchr(changes, '=') != NULL) envp[used++] = (char *)(uintptr_t)changes;
  return envp;
}

static int open_descriptors(struct plan *plan, const struct pp_spawn *settings) {
  for (int i = 0; i < 3; i++) {
    int source = settings->fd[i];
    int null = -1;
    if (source < 0 || fcntl(source, F_GETFD) < 0) source = null = open("/dev/null", (i == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
    if (source >= 0) plan->fd[i] = fcntl(source, F_DUPFD_CLOEXEC, 10);
    int status = plan->fd[i] < 0 ? -errno : 0;
    if (null >= 0) close(null);
    if (status < 0) return status;
  }
  return 0;
}

static __attribute__((noinline)) pid_t start(const struct plan *plan) {
  /* The child borrows this thread's memory until it execs: no signal handler may run there meanwhile. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = vfork();
  if (pid == 0) run_child(plan);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return pid;
}

static int launch(struct plan *plan, pid_t *pid) {
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

static int start_watched(struct plan *plan, int32_t inbox, int32_t id, int32_t *out) {
  pid_t pid = -1;
  int status = launch(plan, &pid);
  if (status < 0) {
    if (pid > 0) reap(pid);
    return status;
  }
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  status = pidfd < 0 ? -errno : pp_reactor_watch_child(inbox, id, pidfd);
  if (status < 0) {
    /* Not reaped yet, so this pid is nobody else's. */
    kill(pid, SIGKILL);
    reap(pid);
    if (pidfd >= 0) close(pidfd);
    return status;
  }
  *out = pid;
  return pidfd;
}

int32_t pp_spawn(int32_t inbox, int32_t id, const struct pp_spawn *settings, const char *text, int32_t *pid) {
  struct plan plan = {.settings = settings, .fd = {-1, -1, -1}};
  char path[4096];
  const char *name = text;
  plan.cwd = next_string(name);
  const char *argument = next_string(plan.cwd);
  plan.argv = calloc((size_t)settings->argc + 1, sizeof *plan.argv);
  for (int i = 0; plan.argv != NULL && i < settings->argc; i++, argument = next_string(argument)) plan.argv[i] = (char *)(uintptr_t)argument;
  plan.envp = make_environment(argument, settings->envc, settings->inherit);
  int status = plan.argv == NULL || plan.envp == NULL ? -ENOMEM : find_program(name, plan.envp, path, sizeof path);
  plan.file = path;
  if (status == 0) status = open_descriptors(&plan, settings);
  if (status == 0) status = start_watched(&plan, inbox, id, pid);
  for (int i = 0; i < 3; i++)
    if (plan.fd[i] >= 0) close(plan.fd[i]);
  free(plan.argv);
  free(plan.envp);
  return status;
}

int32_t pp_signal(int32_t pidfd, int32_t number) {
  return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) < 0 ? -errno : 0;
}
