/* helper_test: what the helper threads do for others while one object makes trouble, and for more waits than the kernel takes at once; and
 * the descriptors of a child where the system refuses close_range. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "polyproc.h"
#include "sync/object.h"

#define STUCK 8
#define WAITS 400
#define MOST_US 50000

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static int32_t inbox, inbox_fd;

/* The guards of some events are held by somebody who stands still, and each has a dead participant. Waits for other objects do not notice. */
static void arming_is_not_delayed(void) {
  for (int i = 0; i < STUCK; i++) {
    int32_t event = pp_sync_make(inbox, PP_EVENT, 0, 0);
    int32_t other = pp_sync_open(inbox, dup(pp_sync_fd(event)), PP_EVENT);
    int fd = dup(pp_sync_fd(event));
    pid_t pid = fork();
    if (pid == 0) _exit(pp_sync_open(-1, fd, PP_EVENT) < 0);
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(fd);
    CHECK(pp_sync_lock_guard(pp_sync_find(other, PP_EVENT)) == 0);
    pp_event_look(event);
    CHECK(pp_sync_watch(event, 1000 + i) == 0);
  }
  uint64_t none = 0;
  uint8_t byte;
  int32_t queue = pp_queue_make(inbox, &none, 0);
  int64_t worst = 0;
  for (int64_t over = pp_now() + 1000000; pp_now() < over; usleep(2000)) {
    CHECK(pp_queue_get(queue, &byte, 1, 0) == -EAGAIN);
    int64_t begun = pp_now();
    CHECK(pp_queue_watch(queue, 999, PP_ITEMS) == 0);
    int64_t took = pp_now() - begun;
    if (took > worst) worst = took;
  }
  printf("arming a wait while %d objects can't be cleaned up: at most %lld us\n", STUCK, (long long)worst);
  CHECK(worst < MOST_US);
}

static void all_waits_are_told(void) {
  static int32_t events[WAITS];
  static bool told[WAITS];
  for (int i = 0; i < WAITS; i++) {
    events[i] = pp_sync_make(inbox, PP_EVENT, 0, 0);
    CHECK(events[i] >= 0);
    pp_event_look(events[i]);
    CHECK(pp_sync_watch(events[i], i) == 0);
  }
  int missing = WAITS;
  int64_t begun = pp_now();
  for (int i = 0; i < WAITS; i++) CHECK(pp_event_set(events[i]) == 0);
  while (missing > 0 && pp_now() - begun < 10000000) {
    int32_t came[256];
    CHECK(pp_inbox_wait(inbox, 100) >= 0);
    int count = pp_inbox_take(inbox, came, 128);
    for (int i = 0; i < count; i++) {
      int32_t id = came[2 * i];
      if (id >= WAITS || told[id]) continue;
      told[id] = true;
      missing--;
    }
  }
  printf("%d waits at once: all told after %lld ms\n", WAITS, (long long)(pp_now() - begun) / 1000);
  CHECK(missing == 0);
}

static void refuse_close_range(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* A child with a low limit of descriptors does not get one with a higher number. */
static void nothing_leaks(void) {
  refuse_close_range();
  int32_t fds[2];
  CHECK(pp_socketpair(fds, 0) == 0);
  CHECK(dup2(STDERR_FILENO, 200) == 200);
  static const char text[] = "/bin/sh\0\0sh\0-c\0for f in /proc/$$/fd/*; do echo ${f##*/}; done\0";
  struct pp_spawn settings = {.open_files = 64, .fd = {-1, fds[1], -1}, .argc = 3, .inherit = 1};
  int32_t pid;
  CHECK(pp_spawn(inbox, 2000, &settings, text, &pid) >= 0);
  close(fds[1]);
  char printed[256] = "";
  ssize_t count;
  for (size_t at = 0; (count = read(fds[0], printed + at, sizeof printed - 1 - at)) > 0; at += (size_t)count) continue;
  printf("a child where close_range is refused has the descriptors:");
  for (const char *line = strtok(printed, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    printf(" %s", line);
    /* The shell itself opens one with a low number, to list the folder. */
    CHECK(atoi(line) < 10);
  }
  printf("\n");
}

int main(void) {
  inbox = pp_inbox_open(&inbox_fd);
  CHECK(inbox >= 0);
  all_waits_are_told();
  arming_is_not_delayed();
  nothing_leaks();
  return 0;
}
