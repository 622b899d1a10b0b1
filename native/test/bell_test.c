/* bell_test: a change wakes one event loop by its bell, each in turn; a dead one is passed over, and one that can't be reached is woken by its
 * own helper thread from then on. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "polyproc.h"
#include "queue/queue.h"

#define WAITERS 3
#define SOON_MS 50
#define SLICE_MS 500

static char folder[] = "/tmp/pp-bell-XXXXXX";

static void path_of(char *path, int number) { snprintf(path, 64, "%s/%016x.b", folder, number + 1); }

static int32_t open_inbox(int number, int32_t *fd) {
  char path[64];
  path_of(path, number);
  int32_t inbox = pp_inbox_open((const uint8_t *)path, number % 2, fd);
  CHECK(inbox >= 0 && access(path, F_OK) == 0);
  return inbox;
}

/* Waits for items one by one, and tells the parent of each wait and of each item. */
static void serve(int queue_fd, int number, int told) {
  int32_t fd, events[2], inbox = open_inbox(number, &fd), queue = pp_queue_open(inbox, queue_fd);
  CHECK(queue >= 0);
  for (uint8_t byte;;) {
    if (pp_queue_get(queue, &byte, 1, -1) == 1) {
      CHECK(write(told, "g", 1) == 1);
      continue;
    }
    CHECK(pp_queue_watch(queue, 5, PP_ITEMS) == 0 && write(told, "w", 1) == 1);
    while (pp_inbox_wait(inbox, 10000) == 0) continue;
    CHECK(pp_inbox_take(inbox, events, 1) >= 0);
  }
}

struct waiter {
  pid_t pid;
  int told;
};

static struct waiter start(int queue, int number) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) serve(dup(pp_queue_fd(queue)), number, ends[1]);
  close(ends[1]);
  return (struct waiter){pid, ends[0]};
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

/* Each put wakes the one whose turn it is. */
static void in_turn(int queue, const struct waiter *waiters) {
  for (int i = 0; i < 2 * WAITERS; i++) {
    put(queue);
    for (int other = 0; other < WAITERS; other++) {
      bool turn = other == i % WAITERS;
      CHECK(says(&waiters[other], 'g', turn ? SLICE_MS : 5) == turn);
      if (turn) CHECK(says(&waiters[other], 'w', SLICE_MS));
    }
  }
}

static void dead_one(int queue, const struct waiter *waiters) {
  end(&waiters[0]);
  int64_t begun = pp_now();
  put(queue);
  CHECK(says(&waiters[1], 'g', SOON_MS) && says(&waiters[1], 'w', SLICE_MS));
  printf("a dead waiter's turn passes in %lld us\n", (long long)(pp_now() - begun));
}

/* The bells' files are gone, and nobody has opened these bells before. */
static void out_of_reach(int queue) {
  struct waiter waiter = start(queue, WAITERS);
  char path[64];
  path_of(path, WAITERS);
  CHECK(says(&waiter, 'w', SLICE_MS) && unlink(path) == 0);
  put(queue);
  CHECK(says(&waiter, 'g', SLICE_MS) && says(&waiter, 'w', SLICE_MS));
  put(queue);
  CHECK(says(&waiter, 'g', SOON_MS) && says(&waiter, 'w', SLICE_MS));
  end(&waiter);
}

int main(void) {
  CHECK(mkdtemp(folder) != NULL);
  int32_t fd, inbox = open_inbox(100, &fd);
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
  for (int i = 1; i < WAITERS; i++) end(&waiters[i]);
  out_of_reach(queue);
  CHECK(pp_queue_close(queue) == 0 && pp_inbox_close(inbox) == 0 && close(fd) == 0);
  for (int i = 0; i < WAITERS; i++) {
    char path[64];
    path_of(path, i);
    CHECK(unlink(path) == 0);
  }
  CHECK(rmdir(folder) == 0);
  return 0;
}
