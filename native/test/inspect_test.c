/* inspect_test: another process looks at locks and queues. It tells who holds a lock and who waits, also of a process that is stopped, and
 * takes no file for an object that is none. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/participant.h"
#include "harness.h"
#include "inspect/object.h"
#include "polyproc.h"

#define ROOM (PP_INSPECTED + 8 * INSPECT_ROW)

static int64_t facts[ROOM];

/* What the row of a participant says of its waits, or -1 if there is none. */
static int64_t waits_of(int64_t index) {
  for (int64_t i = 0; i < facts[INSPECT_ROWS]; i++) {
    const int64_t *row = facts + PP_INSPECTED + i * INSPECT_ROW;
    if (row[INSPECT_INDEX] == index) return row[INSPECT_WAITS];
  }
  return -1;
}

/* The participant of a process among those of the file behind `fd` here. The last one counts: a child has its parent's descriptors, too. */
static int64_t index_of(pid_t pid, int fd) {
  uint64_t file[2], other[2];
  int64_t found = -1;
  pp_inspect_descriptor(getpid(), fd, file);
  for (int each = 3; each < 64; each++) {
    int index = pp_inspect_descriptor(pid, each, other);
    if (index >= 0 && other[0] == file[0] && other[1] == file[1]) found = index;
  }
  return found;
}

static pid_t start(void (*work)(int fd), int fd) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  work(fd);
  _exit(0);
}

static void wait_for_lock(int fd) {
  int32_t lock = pp_sync_open(-1, dup(fd), PP_LOCK);
  while (pp_lock_acquire(lock, 1, 1000) == -EAGAIN) continue;
}

static void wait_for_item(int fd) {
  uint8_t bytes[16];
  int32_t queue = pp_queue_open(-1, dup(fd));
  while (pp_queue_get(queue, bytes, sizeof bytes, 1000) == -EAGAIN) continue;
}

/* Looks until the child waits for this. */
static int64_t until_it_waits(pid_t child, int fd, int64_t waits) {
  int64_t index = -1;
  for (int64_t until = pp_now() + 10000000; pp_now() < until; nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL)) {
    index = index_of(child, fd);
    CHECK(pp_inspect_object(getpid(), fd, facts, ROOM) >= PP_INSPECTED);
    if (index >= 0 && waits_of(index) == waits) return index;
  }
  fprintf(stderr, "the child's row has the waits %lld\n", (long long)waits_of(index));
  abort();
}

static void end(pid_t child) {
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(waitpid(child, NULL, 0) == child);
}

static void look_at_lock(void) {
  int32_t lock = pp_sync_make(-1, PP_LOCK, 1, 0), fd = pp_sync_fd(lock);
  CHECK(pp_inspect_object(getpid(), fd, facts, ROOM) == PP_INSPECTED + INSPECT_ROW);
  CHECK(facts[INSPECT_KIND] == PP_LOCK && facts[INSPECT_HOLDER] == 0 && facts[INSPECT_NUMBERS] == 1);
  CHECK(pp_lock_acquire(lock, 1, 0) == 0);
  pid_t child = start(wait_for_lock, fd);
  int64_t index = until_it_waits(child, fd, PP_BLOCKS(0));
  int64_t own = index_of(getpid(), fd);
  CHECK(own >= 0 && own != index && facts[INSPECT_HOLDER] == own + 1);
  CHECK(kill(child, SIGSTOP) == 0);
  CHECK(pp_inspect_object(child, fd, facts, ROOM) > PP_INSPECTED && facts[INSPECT_HOLDER] == own + 1);
  CHECK(kill(child, SIGCONT) == 0);
  CHECK(pp_lock_release(lock, 1) == 1);
  CHECK(waitpid(child, NULL, 0) == child);
  /* The child has died with the lock. Its descriptors are gone, so nobody is found for the holder. */
  CHECK(pp_inspect_object(getpid(), fd, facts, ROOM) > 0 && facts[INSPECT_HOLDER] == index + 1 && index_of(child, fd) < 0);
  pp_sync_close(lock);
}

static void look_at_queue(void) {
  uint64_t maxsize = 3;
  int32_t queue = pp_queue_make(-1, &maxsize, 1), fd = pp_queue_fd(queue);
  pid_t child = start(wait_for_item, fd);
  until_it_waits(child, fd, PP_BLOCKS(PP_ITEMS));
  end(child);
  CHECK(pp_queue_put(queue, (const uint8_t *)"x", 1, 0) == 0);
  CHECK(pp_inspect_object(getpid(), fd, facts, ROOM) > 0 && facts[INSPECT_KIND] == PP_QUEUE);
  const int64_t *numbers = facts + INSPECT_NUMBERS;
  CHECK(numbers[0] == 1 && numbers[1] == 3 && numbers[2] == 1 && numbers[3] == 0 && numbers[8] == 1 && numbers[9] == 0);
  pp_queue_close(queue);
}

static void refuse_others(void) {
  uint64_t identity[2];
  int named = memfd_create("polyproc", MFD_CLOEXEC | MFD_ALLOW_SEALING), ends[2];
  CHECK(pipe(ends) == 0 && named >= 0 && ftruncate(named, 1 << 20) == 0);
  /* A file that can still be cut, one that has nothing in it, a pipe, no file, and no process. */
  CHECK(pp_inspect_object(getpid(), named, facts, ROOM) == -EBADMSG);
  CHECK(fcntl(named, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  CHECK(pp_inspect_object(getpid(), named, facts, ROOM) == -EBADMSG);
  CHECK(pp_inspect_object(getpid(), ends[0], facts, ROOM) == -EBADMSG);
  CHECK(pp_inspect_object(getpid(), 1000, facts, ROOM) == -ENOENT);
  CHECK(pp_inspect_object(0x7fffffff, 0, facts, ROOM) == -ENOENT);
  CHECK(pp_inspect_object(getpid(), named, facts, 1) == -EINVAL);
  CHECK(pp_inspect_descriptor(getpid(), named, identity) == -ENODATA);
}

int main(void) {
  look_at_lock();
  look_at_queue();
  refuse_others();
  printf("a look from outside: holders and waiters are told, and no other file is taken for an object\n");
  return 0;
}
