/* told_test: a process is killed after it has changed an object and before it has told anybody, and a third one cleans up after it at once.
 * Those who wait are told all the same. Also: a process rings its own bell, and a thread that gets signals all the time finds the dead. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "polyproc.h"
#include "queue/queue.h"

#define ROBUST 2
#define PATIENCE_MS 3000
#define SOON_MS 60
#define SIGNAL_US 500
/* On a busy machine even a rung bell may be heard late. */
#define TRIES 5

static int32_t inbox;

/* Runs `act` in a process that is killed at the failpoint. */
static pid_t begin(const char *point, void (*act)(int32_t), int32_t fd) {
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pp_fail_at = point;
    act(fd);
    _exit(0);
  }
  CHECK(pid > 0);
  return pid;
}

static void expect_killed(pid_t pid) {
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void kill_at(const char *point, void (*act)(int32_t), int32_t fd) { expect_killed(begin(point, act, fd)); }

/* Expects events for these waits, and nothing else. The helper thread looks for dead processes by itself each 100 ms, but only for its own. */
static void expect_events(int count) {
  int32_t events[16];
  bool came[8] = {false};
  for (int64_t until = pp_now() + PATIENCE_MS * 1000ll; count > 0;) {
    CHECK(pp_now() < until);
    pp_inbox_wait(inbox, 100);
    int32_t taken = pp_inbox_take(inbox, events, 8);
    for (int i = 0; i < taken; i++) {
      CHECK(events[2 * i] > 0 && events[2 * i] < 8);
      if (!came[events[2 * i]]) count--;
      came[events[2 * i]] = true;
    }
  }
}

static int make_queue(uint64_t maxsize, int redeliver) {
  int queue = pp_queue_make(-1, &maxsize, redeliver);
  CHECK(queue >= 0);
  return queue;
}

static int attach(int queue) {
  int other = pp_queue_open(inbox, dup(pp_queue_fd(queue)));
  CHECK(other >= 0);
  return other;
}

static void sweep_queue(int cleaner) {
  struct pp_queue_stats stats;
  CHECK(pp_queue_stats(cleaner, &stats) == 0);
}

static void take(int32_t fd) {
  uint8_t byte;
  pp_queue_get(pp_queue_open(-1, fd), &byte, 1, 0);
}

static void room_after_a_get(void) {
  int cleaner = make_queue(1, 0), putter = attach(cleaner);
  uint8_t byte = 1;
  CHECK(pp_queue_put(putter, &byte, 1, 0) == 0 && pp_queue_put(putter, &byte, 1, 0) == -EAGAIN);
  CHECK(pp_queue_watch(putter, 1, PP_ROOM) == 0);
  kill_at("get.unlocked", take, dup(pp_queue_fd(cleaner)));
  sweep_queue(cleaner);
  expect_events(1);
  CHECK(pp_queue_put(putter, &byte, 1, 0) == 0 && pp_queue_close(putter) == 0 && pp_queue_close(cleaner) == 0);
}

static void shut_down(int32_t fd) { pp_queue_shutdown(pp_queue_open(-1, fd), 0); }

static void putter_after_a_shutdown(void) {
  int cleaner = make_queue(1, 0), putter = attach(cleaner);
  uint8_t byte = 1;
  CHECK(pp_queue_put(putter, &byte, 1, 0) == 0 && pp_queue_put(putter, &byte, 1, 0) == -EAGAIN);
  CHECK(pp_queue_watch(putter, 1, PP_ROOM) == 0);
  kill_at("shutdown.committed", shut_down, dup(pp_queue_fd(cleaner)));
  sweep_queue(cleaner);
  expect_events(1);
  CHECK(pp_queue_put(putter, &byte, 1, 0) == -ESHUTDOWN && pp_queue_close(putter) == 0 && pp_queue_close(cleaner) == 0);
}

static int32_t make_sync(int32_t kind, int32_t first, int32_t second) {
  int32_t sync = pp_sync_make(-1, kind, first, second);
  CHECK(sync >= 0);
  return sync;
}

static void notify(int32_t fd) { pp_condition_notify(pp_sync_open(-1, fd, PP_CONDITION), 1); }

static void waiter_after_a_notify(void) {
  int32_t cleaner = make_sync(PP_CONDITION, 0, 0), waiter = pp_sync_open(inbox, dup(pp_sync_fd(cleaner)), PP_CONDITION);
  int32_t slot = pp_condition_enter(waiter);
  CHECK(slot >= 0 && pp_condition_notified(waiter, slot) == 0 && pp_sync_watch(waiter, 1) == 0);
  kill_at("condition.notified", notify, dup(pp_sync_fd(cleaner)));
  CHECK(pp_sync_sweep(cleaner) >= 0);
  expect_events(1);
  CHECK(pp_condition_notified(waiter, slot) == 1 && pp_condition_leave(waiter, slot) == 1);
  CHECK(pp_sync_close(waiter) == 0 && pp_sync_close(cleaner) == 0);
}

/* It stops while it has the permit, until somebody waits for that. */
static void take_and_release(int32_t fd) {
  int32_t semaphore = pp_sync_open(-1, fd, PP_SEMAPHORE);
  CHECK(pp_semaphore_acquire(semaphore) == 0 && raise(SIGSTOP) == 0);
  pp_semaphore_release(semaphore);
}

static void waiter_after_a_release(void) {
  int32_t cleaner = make_sync(PP_SEMAPHORE, 1, ROBUST), waiter = pp_sync_open(inbox, dup(pp_sync_fd(cleaner)), PP_SEMAPHORE);
  pid_t pid = begin("semaphore.given", take_and_release, dup(pp_sync_fd(cleaner)));
  CHECK(waitpid(pid, NULL, WUNTRACED) == pid);
  CHECK(pp_semaphore_acquire(waiter) == -EAGAIN && pp_sync_watch(waiter, 1) == 0 && kill(pid, SIGCONT) == 0);
  expect_killed(pid);
  CHECK(pp_sync_sweep(cleaner) >= 0);
  expect_events(1);
  CHECK(pp_semaphore_acquire(waiter) == 0 && pp_sync_close(waiter) == 0 && pp_sync_close(cleaner) == 0);
}

static void own_bell(void) {
  char folder[] = "/tmp/pp-told-XXXXXX", path[64];
  CHECK(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/%016x.b", folder, 1);
  int32_t fd, belled = pp_inbox_open(&fd), events[2];
  CHECK(belled >= 0 && pp_inbox_make_bell(belled, (const uint8_t *)path, 1, &fd) == 0);
  int32_t event = pp_sync_make(belled, PP_EVENT, 0, 0);
  int rang = 0;
  for (int i = 0; i < TRIES; i++) {
    CHECK(event >= 0 && pp_event_look(event) % 2 == 0 && pp_sync_watch(event, 1) == 0 && pp_event_set(event) == 0);
    rang += poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, SOON_MS);
    CHECK(pp_inbox_wait(belled, PATIENCE_MS) == 1 && pp_inbox_take(belled, events, 1) == 1 && pp_event_clear(event) == 0);
  }
  printf("a process rang its own bell %d times of %d\n", rang, TRIES);
  CHECK(rang > 0);
  CHECK(pp_sync_close(event) == 0 && pp_inbox_close(belled) == 0 && rmdir(folder) == 0);
}

static void take_and_die(int32_t fd) {
  take(fd);
  raise(SIGKILL);
}

static void interrupted(int signal) { (void)signal; }

static void item_of_the_dead_among_signals(void) {
  int queue = make_queue(0, 1);
  uint8_t byte = 7;
  CHECK(pp_queue_put(queue, &byte, 1, 0) == 0);
  kill_at("", take_and_die, dup(pp_queue_fd(queue)));
  CHECK(sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupted}, NULL) == 0);
  struct itimerval often = {.it_interval = {.tv_usec = SIGNAL_US}, .it_value = {.tv_usec = SIGNAL_US}}, never = {0};
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  int status = -EAGAIN;
  for (int64_t until = pp_now() + PATIENCE_MS * 1000ll; status == -EAGAIN && pp_now() < until;) status = pp_queue_get(queue, &byte, 1, 100);
  CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
  CHECK(status == 1 && pp_queue_close(queue) == 0);
}

int main(void) {
  int32_t fd;
  /* First, because later there are threads that look, too. */
  item_of_the_dead_among_signals();
  inbox = pp_inbox_open(&fd);
  CHECK(inbox >= 0);
  room_after_a_get();
  putter_after_a_shutdown();
  waiter_after_a_notify();
  waiter_after_a_release();
  own_bell();
  CHECK(pp_inbox_close(inbox) == 0);
  printf("those who wait are told after each of four deaths\n");
  return 0;
}
