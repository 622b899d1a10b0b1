/* bell_test: a change wakes one event loop by its bell, each in turn; a dead one is passed over, and one that can't be reached is woken by its
 * own helper thread from then on. A released lock rings, too. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "polyproc.h"
#include "queue/queue.h"

#define WAITERS 3
#define ROUNDS 30
#define SOON_US 50000
#define LONG_MS 2000
/* On a busy machine even a woken process may have to wait. */
#define TRIES 5
#define MANY 30000
#define BATCH 128
#define IDLE_US 1000000

static char folder[] = "/tmp/pp-bell-XXXXXX";

static void path_of(char *path, int number) { snprintf(path, 64, "%s/%016x.b", folder, number + 1); }

static int32_t open_inbox(int number) {
  char path[64];
  path_of(path, number);
  int32_t fd, inbox = pp_inbox_open(&fd);
  CHECK(inbox >= 0 && pp_inbox_make_bell(inbox, (const uint8_t *)path, number % 2, &fd) == 0 && access(path, F_OK) == 0);
  return inbox;
}

/* Waits for items one by one. Tells the parent of each item, and of the first wait after it. */
static void serve(int queue_fd, int number, int told) {
  int32_t events[2], inbox = open_inbox(number), queue = pp_queue_open(inbox, queue_fd);
  CHECK(queue >= 0);
  bool said = false;
  for (uint8_t byte;;) {
    if (pp_queue_get(queue, &byte, 1, -1) == 1) {
      CHECK(write(told, "g", 1) == 1);
      said = false;
      continue;
    }
    CHECK(pp_queue_watch(queue, 5, PP_ITEMS) == 0 && (said || write(told, "w", 1) == 1));
    said = true;
    while (pp_inbox_wait(inbox, 10000) == 0) continue;
    CHECK(pp_inbox_take(inbox, events, 1) >= 0);
  }
}

struct waiter {
  pid_t pid;
  int told, items;
};

static struct waiter start(int queue, int number) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(dup(pp_queue_fd(queue)), number, ends[1]);
  }
  close(ends[1]);
  return (struct waiter){pid, ends[0], 0};
}

/* Whether the waiter says this within so many milliseconds. */
static bool says(const struct waiter *waiter, char what, int ms) {
  struct pollfd told = {.fd = waiter->told, .events = POLLIN};
  char said;
  return poll(&told, 1, ms) == 1 && read(waiter->told, &said, 1) == 1 && said == what;
}

static void put(int queue) { CHECK(pp_queue_put(queue, (const uint8_t *)"x", 1, 0) == 0); }

static void end(const struct waiter *waiter) {
  CHECK(kill(waiter->pid, SIGKILL) == 0 && waitpid(waiter->pid, NULL, 0) == waiter->pid && close(waiter->told) == 0);
}

/* Puts an item, and returns the time in microseconds until one of these waiters has it. */
static int64_t wake(int queue, struct waiter *waiters, int count) {
  int64_t begun = pp_now();
  put(queue);
  struct pollfd told[WAITERS];
  for (int i = 0; i < count; i++) told[i] = (struct pollfd){.fd = waiters[i].told, .events = POLLIN};
  CHECK(poll(told, (nfds_t)count, LONG_MS) > 0);
  int64_t took = pp_now() - begun;
  for (int i = 0; i < count; i++)
    if (told[i].revents != 0) {
      CHECK(says(&waiters[i], 'g', LONG_MS) && says(&waiters[i], 'w', LONG_MS));
      waiters[i].items++;
    }
  return took;
}

/* Each put wakes the one whose turn it is. Now and then another one looks by itself, and is faster. */
static void in_turn(int queue, struct waiter *waiters) {
  for (int i = 0; i < WAITERS * ROUNDS; i++) wake(queue, waiters, WAITERS);
  for (int i = 0; i < WAITERS; i++) CHECK(waiters[i].items > ROUNDS / 2);
}

/* It has the highest index, so its turn comes before that of the one with the lowest. */
static void dead_one(int queue, struct waiter *waiters) {
  int64_t worst = 0, best = LONG_MS * 1000;
  for (int i = 0; i < TRIES; i++) {
    struct waiter dead = start(queue, WAITERS + 1 + i);
    CHECK(says(&dead, 'w', LONG_MS));
    end(&dead);
    worst = 0;
    for (int turn = 0; turn <= WAITERS; turn++) {
      int64_t took = wake(queue, waiters, WAITERS);
      if (took > worst) worst = took;
    }
    if (worst < best) best = worst;
  }
  printf("a dead waiter's turn passes in %lld us\n", (long long)best);
  CHECK(best < SOON_US);
}

/* The bells' files are gone, and nobody has opened these bells before. */
static void out_of_reach(int queue) {
  struct waiter waiter = start(queue, WAITERS);
  char path[64];
  path_of(path, WAITERS);
  CHECK(says(&waiter, 'w', LONG_MS) && unlink(path) == 0);
  int64_t best = wake(queue, &waiter, 1);
  for (int i = 0; i < TRIES; i++) {
    int64_t took = wake(queue, &waiter, 1);
    if (took < best) best = took;
  }
  CHECK(best < SOON_US);
  end(&waiter);
}

/* A process that releases a lock rings the bell of an event loop that waits for it. Without the bell, the waiter would look at the end of its
 * slice. The first turn may begin shortly before that end, so it does not count. */
static void lock_rings(void) {
  int32_t events[2], mine = open_inbox(201), theirs = open_inbox(202);
  int held = pp_sync_make(mine, PP_LOCK, 0, 0), wanted = pp_sync_open(theirs, dup(pp_sync_fd(held)), PP_LOCK);
  CHECK(held >= 0 && wanted >= 0);
  int64_t best = LONG_MS * 1000;
  for (int i = 0; i <= TRIES; i++) {
    CHECK(pp_lock_acquire(held, 1, 0) == 0 && pp_lock_acquire(wanted, 1, 0) == -EAGAIN && pp_sync_watch(wanted, 7) == 0);
    int64_t begun = pp_now();
    CHECK(pp_lock_release(held, 0) == 1);
    while (pp_inbox_take(theirs, events, 1) == 0) CHECK(pp_inbox_wait(theirs, LONG_MS) >= 0 && pp_now() - begun < 1000ll * LONG_MS);
    int64_t took = pp_now() - begun;
    if (i > 0 && took < best) best = took;
    CHECK(events[0] == 7 && pp_lock_acquire(wanted, 1, 0) == 0 && pp_lock_release(wanted, 0) == 1);
  }
  printf("a released lock rings within %lld us\n", (long long)best);
  CHECK(best < SOON_US);
  CHECK(pp_sync_close(wanted) == 0 && pp_sync_close(held) == 0 && pp_inbox_close(theirs) == 0 && pp_inbox_close(mine) == 0);
}

static int64_t processor_us(void) {
  struct timespec time;
  CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Thousands of waits cost little to begin, and nearly nothing while nothing happens. */
static void many_waits(void) {
  static int32_t events[2 * BATCH];
  static bool told[MANY + 1];
  int32_t inbox = open_inbox(200), count = 0;
  uint64_t none = 0;
  int queue = pp_queue_make(inbox, &none, 0);
  int64_t begun = processor_us();
  for (int id = 1; id <= MANY; id++) CHECK(pp_queue_watch(queue, id, id % 2 ? PP_DONE : PP_ROOM) == 0);
  int64_t armed = processor_us();
  usleep(IDLE_US);
  int64_t idle = processor_us() - armed;
  CHECK(pp_queue_pass(queue, PP_DONE) == 0 && pp_queue_pass(queue, PP_ROOM) == 0);
  for (int32_t taken; (taken = pp_inbox_take(inbox, events, BATCH)) > 0; count += taken)
    for (int i = 0; i < taken; i++) {
      CHECK(events[2 * i] >= 1 && events[2 * i] <= MANY && !told[events[2 * i]]);
      told[events[2 * i]] = true;
    }
  CHECK(count == MANY);
  printf("%d waits: armed in %lld us, %lld us of processor time in %d ms\n", MANY, (long long)(armed - begun), (long long)idle, IDLE_US / 1000);
  CHECK(armed - begun < 200000 && idle < IDLE_US / 10);
  CHECK(pp_queue_close(queue) == 0 && pp_inbox_close(inbox) == 0);
}

/* A process that may open no more descriptors gets no bell, and leaves no file for one. `pipe` says of which kind. */
static void none_without_descriptors(int32_t pipe) {
  char path[64];
  path_of(path, 200);
  int32_t fd, inbox = pp_inbox_open(&fd);
  struct rlimit limit, none;
  CHECK(inbox >= 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0);
  none = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  CHECK(pp_inbox_make_bell(inbox, (const uint8_t *)path, pipe, &fd) < 0 && access(path, F_OK) < 0);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0 && pp_inbox_close(inbox) == 0);
}

int main(void) {
  CHECK(mkdtemp(folder) != NULL);
  none_without_descriptors(0);
  none_without_descriptors(1);
  int32_t inbox = open_inbox(100);
  uint64_t none = 0;
  int queue = pp_queue_make(inbox, &none, 0);
  CHECK(queue >= 0);
  struct waiter waiters[WAITERS];
  for (int i = 0; i < WAITERS; i++) {
    waiters[i] = start(queue, i);
    CHECK(says(&waiters[i], 'w', 5000));
  }
  in_turn(queue, waiters);
  dead_one(queue, waiters);
  for (int i = 0; i < WAITERS; i++) end(&waiters[i]);
  out_of_reach(queue);
  many_waits();
  lock_rings();
  CHECK(pp_queue_close(queue) == 0 && pp_inbox_close(inbox) == 0);
  for (int i = 0; i <= WAITERS + TRIES; i++) {
    char path[64];
    path_of(path, i);
    CHECK(unlink(path) == (i == WAITERS ? -1 : 0));
  }
  CHECK(rmdir(folder) == 0);
  return 0;
}
