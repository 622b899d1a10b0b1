/* stop_test: a process is stopped (SIGSTOP) at a failpoint in the middle of a call. The test checks what the others get meanwhile, and what
 * the process gets once it continues. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "polyproc.h"
#include "sync/object.h"

#define PERMITS 3
#define SILENT 200 /* more connections than a keeper keeps open */

/* Claims as a user of the library does: a claim that the keeper dropped is made again. */
static int claim(const char *path, const uint8_t *token) {
  for (;;) {
    int fd = pp_claim_begin(path, token);
    if (fd >= 0) fd = pp_claim_end(fd, -1);
    if (fd != -ECONNRESET) return fd;
  }
}

/* The socket's path exists a moment before the keeper listens, so the first tries may be refused. */
static int claim_early(const char *path, const uint8_t *token) {
  int fd;
  while ((fd = claim(path, token)) == -ECONNREFUSED) usleep(1000);
  return fd;
}

static void stop_at(const char *point) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pp_fail_at = point;
  pp_fail_signal = SIGSTOP;
}

static void wait_for_stop(pid_t pid) {
  int status;
  CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
}

static void let_go_on(pid_t pid) {
  int status;
  CHECK(kill(pid, SIGCONT) == 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* While a process is stopped with the guard, no process can take or give a permit, but the value can be read. */
static void stopped_in_a_semaphore(void) {
  int semaphore = pp_sync_make(-1, PP_SEMAPHORE, PERMITS, 0);
  CHECK(semaphore >= 0 && pp_semaphore_value(semaphore) == PERMITS);
  pid_t pid = fork();
  if (pid == 0) {
    int own = pp_sync_open(-1, dup(pp_sync_fd(semaphore)), PP_SEMAPHORE);
    stop_at("semaphore.taken");
    _exit(own >= 0 && pp_semaphore_acquire(own) == 0 && pp_semaphore_release(own) == 0 ? 0 : 1);
  }
  wait_for_stop(pid);
  int64_t begun = pp_now();
  CHECK(pp_semaphore_value(semaphore) == PERMITS - 1 && pp_now() - begun < 1000000);
  CHECK(pp_semaphore_acquire(semaphore) == -EAGAIN);
  let_go_on(pid);
  CHECK(pp_semaphore_value(semaphore) == PERMITS && pp_sync_close(semaphore) == 0);
}

static void connect_silently(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  for (int i = 0; i < SILENT; i++) {
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
  }
}

/* A keeper drops its oldest silent connection when new ones come. A client that was stopped and dropped asks again and gets its
 * descriptor. */
static void stopped_in_a_claim(void) {
  char folder[] = "/tmp/pp-stop-XXXXXX", path[64];
  uint8_t token[16] = "sixteen of bytes";
  CHECK(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/keeper", folder);
  pid_t pid = fork();
  if (pid == 0) {
    while (access(path, F_OK) < 0) usleep(1000);
    stop_at("keeper.connected");
    char byte;
    int fd = claim_early(path, token);
    _exit(fd >= 0 && read(fd, &byte, 1) == 0 ? 0 : 1);
  }
  /* The keeper is started after the fork, because a fork does not copy its thread. */
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(pp_keep(-1, token, null) == 0 && pp_keep_sent(token, -1) == 0 && pp_keeper_listen(-1, path) == 0);
  wait_for_stop(pid);
  connect_silently(path);
  let_go_on(pid);
  CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

/* If the client dies before the keeper replies, the descriptor stays with the keeper for the next client. */
static void stopped_while_it_replies(void) {
  char folder[] = "/tmp/pp-stop-XXXXXX", address[64];
  uint8_t token[16] = "sixteen of bytes";
  CHECK(mkdtemp(folder) != NULL);
  snprintf(address, sizeof address, "%s/keeper", folder);
  pid_t keeper = fork();
  if (keeper == 0) {
    stop_at("keeper.replying");
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(pp_keep(-1, token, null) == 0 && pp_keep_sent(token, -1) == 0 && pp_keeper_listen(-1, address) == 0);
    for (;;) pause();
  }
  while (access(address, F_OK) < 0) usleep(1000);
  pid_t receiver = fork();
  if (receiver == 0) _exit(claim_early(address, token) >= 0 ? 0 : 1);
  wait_for_stop(keeper);
  int status;
  CHECK(kill(receiver, SIGKILL) == 0 && waitpid(receiver, &status, 0) == receiver && WIFSIGNALED(status));
  CHECK(kill(keeper, SIGCONT) == 0);
  int fd = claim(address, token);
  CHECK(fd >= 0 && close(fd) == 0 && claim(address, token) == -ENOENT);
  CHECK(kill(keeper, SIGKILL) == 0 && waitpid(keeper, &status, 0) == keeper);
  CHECK(unlink(address) == 0 && rmdir(folder) == 0);
}

/* Somebody reads the value, which gives no notice, while another one looks for a permit. The latter is told to look again, also if a call
 * of its own process has found the guard free meanwhile. */
static void reading_a_semaphore(void) {
  int32_t socket, inbox = pp_inbox_open(&socket), event[2];
  int semaphore = pp_sync_make(inbox, PP_SEMAPHORE, 1, 0), other = pp_sync_open(inbox, dup(pp_sync_fd(semaphore)), PP_SEMAPHORE);
  struct pp_sync *reader = pp_sync_find(other, PP_SEMAPHORE);
  CHECK(inbox >= 0 && semaphore >= 0 && reader != NULL && pp_sync_lock_guard(reader) == 0);
  CHECK(pp_semaphore_acquire(semaphore) == -EAGAIN);
  pp_sync_unlock_guard(reader);
  CHECK(pp_sync_watch(semaphore, 7) == 0 && pp_semaphore_value(semaphore) == 1);
  CHECK(pp_inbox_wait(inbox, 2000) == 1 && pp_inbox_take(inbox, event, 1) == 1 && event[0] == 7);
  CHECK(pp_semaphore_acquire(semaphore) == 0 && pp_inbox_close(inbox) == 0 && close(socket) == 0);
}

static char path[64];
static const char *name = path + sizeof "/dev/shm/polyproc-" - 1;
static const uint64_t size = 8;

static pid_t sweeper(const char *point) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  while (access(path, F_OK) < 0) usleep(1000);
  stop_at(point);
  pp_memory_sweep();
  _exit(0);
}

/* A sweep does not remove a name that was given to new memory meanwhile. */
static void stopped_before_it_sweeps(void) {
  pid_t pid = sweeper("memory.found");
  int first = pp_memory_make(-1, name, &size);
  CHECK(first >= 0);
  wait_for_stop(pid);
  CHECK(pp_memory_close(first) == 0 && access(path, F_OK) < 0);
  int second = pp_memory_make(-1, name, &size);
  CHECK(second >= 0);
  let_go_on(pid);
  int attached = pp_memory_attach(-1, name, -1);
  CHECK(attached >= 0 && pp_memory_close(attached) == 0);
  CHECK(pp_memory_close(second) == 0 && access(path, F_OK) < 0);
}

/* The others wait for a process that is about to remove the name of a dead one, but not for ever. */
static void stopped_while_it_sweeps(void) {
  int status;
  pid_t dead = fork();
  if (dead == 0) _exit(pp_memory_make(-1, name, &size) >= 0 ? 0 : 1);
  CHECK(waitpid(dead, &status, 0) == dead && status == 0);
  pid_t pid = sweeper("memory.last");
  wait_for_stop(pid);
  int64_t begun = pp_now();
  pp_memory_sweep();
  struct stat left;
  CHECK(stat(path, &left) == 0);
  CHECK(pp_memory_make(-1, name, &size) == -EEXIST && pp_memory_unlink(name, (uint64_t[]){left.st_dev, left.st_ino}) == -EBUSY);
  CHECK(pp_now() - begun < 1000000);
  pid_t waker = fork();
  if (waker == 0) {
    usleep(10000);
    _exit(kill(pid, SIGCONT));
  }
  while (access(path, F_OK) == 0) pp_memory_sweep();
  int memory = pp_memory_make(-1, name, &size);
  CHECK(memory >= 0 && pp_memory_close(memory) == 0);
  CHECK(waitpid(waker, &status, 0) == waker && status == 0);
  let_go_on(pid);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  stopped_in_a_semaphore();
  reading_a_semaphore();
  stopped_while_it_replies();
  stopped_in_a_claim();
  snprintf(path, sizeof path, "/dev/shm/polyproc-stop-test-%d", getpid());
  stopped_before_it_sweeps();
  stopped_while_it_sweeps();
  printf("a process that is stopped in the middle of a call: the others go on, and so does it\n");
}
