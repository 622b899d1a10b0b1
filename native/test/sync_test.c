/* sync_test KILLS [SEED]: worker processes use a lock, a semaphore, a condition and a barrier, are killed at random failpoints and
 * replaced. An oracle in shared memory checks that a lock never has two holders and that a death of its holder is reported, that permits
 * and waiter slots are neither lost nor doubled, that parties pass a barrier together, and that something moves every two seconds. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "bells.h"
#include "harness.h"
#include "polyproc.h"

#define WORKERS 4
#define PERMITS 2
#define PARTIES 3
#define PAUSE_S 0.05

struct oracle {
  _Atomic bool stop;
  _Atomic long moves, abandoned, broken;
  _Atomic int inside;           /* the holder of the lock, plus one */
  _Atomic long round[WORKERS];  /* how often each party has passed the barrier since its last reset */
  struct pp_reached reached[PP_MOST_POINTS];
};

static struct oracle *oracle;
static int32_t inbox = -1;
static bool by_bell; /* whether this process waits as an event loop does */

/* --- the work --- */

static void wait_some(int sync, int ms) {
  if (!by_bell) {
    pp_sync_wait(sync, ms);
    return;
  }
  CHECK(pp_sync_watch(sync, 1) == 0);
  bells_wait(inbox, ms);
}

static void lock_work(int sync, int me) {
  int status = pp_lock_acquire(sync, 1, by_bell ? 0 : 20);
  if (status == -EAGAIN) {
    if (by_bell) wait_some(sync, 20);
    return;
  }
  CHECK(status == 0 || status == 1);
  if (status == 0) CHECK(oracle->inside == 0);
  else oracle->abandoned++;
  oracle->inside = me + 1;
  FAILPOINT("test.inside");
  CHECK(oracle->inside == me + 1);
  oracle->inside = 0;
  oracle->moves++;
  CHECK(pp_lock_release(sync, 0) == 1);
}

static void semaphore_work(int sync, int me) {
  (void)me;
  int status = pp_semaphore_acquire(sync);
  if (status == -EAGAIN) {
    wait_some(sync, 20);
    return;
  }
  CHECK(status == 0);
  FAILPOINT("test.permit");
  oracle->moves++;
  while ((status = pp_semaphore_release(sync)) == -EBUSY) continue;
  CHECK(status == 0);
}

static void condition_work(int sync, int me) {
  int status;
  if (me == 0) {
    while ((status = pp_condition_notify(sync, 1)) == -EBUSY) continue;
    CHECK(status == 0 || status == 1);
    if (status == 0) usleep(20);
    return;
  }
  int slot;
  while ((slot = pp_condition_enter(sync)) == -EBUSY) continue;
  CHECK(slot >= 0);
  for (int i = 0; i < 50 && (status = pp_condition_notified(sync, slot)) == 0; i++) wait_some(sync, 5);
  CHECK(status >= 0);
  FAILPOINT("test.notified");
  while ((status = pp_condition_leave(sync, slot)) == -EBUSY) continue;
  CHECK(status >= 0);
  oracle->moves += status;
}

static void barrier_work(int sync, int me) {
  int32_t fields[2];
  int status = pp_barrier_arrive(sync, fields);
  if (status == -EAGAIN || status == -EBUSY) return;
  if (status >= 0 && status + 1 == fields[1]) {
    FAILPOINT("test.acting");
    for (int i = 0; i < PARTIES; i++) CHECK(oracle->round[i] <= oracle->round[me] || oracle->broken > 0);
    while ((status = pp_barrier_end(sync, 0, -1)) == -EBUSY) continue;
    CHECK(status == 0 || status == -EPIPE);
  } else
    while (status >= 0 && (status = pp_barrier_look(sync, fields[0])) == 0 && !oracle->stop) wait_some(sync, 5);
  if (status >= 0) {
    oracle->round[me]++;
    oracle->moves++;
    return;
  }
  CHECK(status == -EPIPE);
  usleep(50);
}

struct kind {
  const char *name;
  int32_t kind, first, second;
  int workers;
  void (*work)(int sync, int me);
};

static const struct kind kinds[] = {
    {"lock", PP_LOCK, 0, 0, WORKERS, lock_work},
    {"semaphore", PP_SEMAPHORE, PERMITS, 1 | 2, WORKERS, semaphore_work},
    {"condition", PP_CONDITION, 0, 0, WORKERS, condition_work},
    {"barrier", PP_BARRIER, PARTIES, 0, PARTIES, barrier_work},
};

/* --- the driver --- */

static pid_t start_worker(const struct kind *kind, int fd, int me, unsigned seed) {
  pid_t parent = getpid(), pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  srand(seed);
  pp_fail_random = 20 + rand() % 400;
  inbox = bells_open();
  by_bell = me % 2 == 0;
  int sync = pp_sync_open(inbox, dup(fd), kind->kind);
  if (sync < 0) {
    CHECK(sync == -EBUSY);
    _exit(0);
  }
  while (!oracle->stop) kind->work(sync, me);
  pp_fail_random = 0;
  pp_sync_close(sync);
  _exit(0);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void mend(const struct kind *kind, int sync) {
  int32_t state[3];
  if (kind->kind != PP_BARRIER || pp_barrier_state(sync, state) < 0 || state[2] == 0) return;
  oracle->broken++;
  while (pp_barrier_end(sync, 2, -1) == -EBUSY) continue;
}

/* Checks what must be true after all workers have ended. */
static void check_end(const struct kind *kind, int sync) {
  int status;
  /* A lock needs no sweep: it stays with its dead holder until a process acquires it. */
  while (kind->kind != PP_LOCK && (status = pp_sync_sweep(sync)) == 1) continue;
  if (kind->kind == PP_LOCK) {
    CHECK((status = pp_lock_acquire(sync, 1, 1000)) == 0 || status == 1);
    CHECK(pp_lock_release(sync, 0) == 1 && pp_lock_release(sync, 0) == -EPERM);
  }
  if (kind->kind == PP_SEMAPHORE) CHECK(pp_semaphore_value(sync) == PERMITS);
  if (kind->kind == PP_CONDITION) CHECK(pp_condition_notify(sync, 1000) == 0);
}

static long run(const struct kind *kind, long kills, unsigned seed) {
  memset(oracle, 0, offsetof(struct oracle, reached));
  bells_begin();
  inbox = bells_open();
  int sync = pp_sync_make(inbox, kind->kind, kind->first, kind->second);
  CHECK(sync >= 0);
  pid_t workers[WORKERS];
  for (int i = 0; i < kind->workers; i++) workers[i] = start_worker(kind, pp_sync_fd(sync), i, seed++);
  long killed = 0, seen = -1;
  double looked = seconds(), still = 0;
  while (killed < kills) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == 0) usleep(100);
    mend(kind, sync);
    for (int i = 0; i < kind->workers && pid > 0; i++) {
      if (workers[i] != pid) continue;
      if (WIFSIGNALED(status)) {
        CHECK(WTERMSIG(status) == SIGKILL);
        killed++;
      } else CHECK(WEXITSTATUS(status) == 0);
      workers[i] = start_worker(kind, pp_sync_fd(sync), i, seed++);
    }
    long now = oracle->moves;
    double at = seconds();
    /* If the whole machine stands still, this process does, too. Such a pause counts as a short one. */
    still = now != seen ? 0 : still + (at - looked < PAUSE_S ? at - looked : PAUSE_S);
    looked = at;
    seen = now;
    if (still > 2) fprintf(stderr, "%s: nothing moved for 2 s after %ld kills\n", kind->name, killed);
    CHECK(still <= 2);
  }
  oracle->stop = true;
  for (int i = 0; i < kind->workers; i++) {
    int status;
    CHECK(waitpid(workers[i], &status, 0) == workers[i]);
    CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
  }
  check_end(kind, sync);
  CHECK(pp_sync_close(sync) == 0 && pp_inbox_close(inbox) == 0);
  bells_end();
  printf("%-9s %6ld kills  %8ld steps  abandoned %ld  broken %ld\n", kind->name, killed, oracle->moves, oracle->abandoned, oracle->broken);
  return killed;
}

int main(int argc, char **argv) {
  long kills = argc > 1 ? atol(argv[1]) : 4000, total = 0;
  unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL);
  setvbuf(stdout, NULL, _IONBF, 0);
  printf("locks and the like, seed %u\n", seed);
  oracle = mmap(NULL, sizeof *oracle, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(oracle != MAP_FAILED);
  pp_reached = oracle->reached;
  double begin = seconds();
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) total += run(&kinds[i], kills / 4, seed + i * 1000003u);
  for (int i = 0; i < PP_MOST_POINTS && oracle->reached[i].name[0] != '\0'; i++) {
    const struct pp_reached *point = &oracle->reached[i];
    printf("  %-24s reached %9ld times, killed %6ld\n", point->name, point->times, point->kills);
  }
  printf("%ld kills in %.1f s: 0 wrong outcomes\n", total, seconds() - begin);
  return 0;
}
