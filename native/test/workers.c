#include "workers.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bells.h"
#include "polyproc.h"
#include "queue/list.h"
#include "queue/open.h"

#define PRODUCERS 2
#define WORKERS 5
#define MOST_ITEMS (1u << 27)
#define LARGEST 30000
#define STUCK_S 2
#define MOST_AT_ONCE 8 /* items of a list */
#define MOST_TASKS 4 /* that a consumer has in hand */
#define WAIT_MS 3 /* short, because the process that would have ended the wait may be dead */

static const enum role roles[WORKERS] = {PRODUCER, PRODUCER, CONSUMER, CONSUMER, VISITOR};

struct oracle {
  _Atomic uint32_t started[PRODUCERS], committed[PRODUCERS];
  _Atomic uint64_t received, duplicates, bad, disorder, visits, backs;
  _Atomic bool stop;
  struct pp_reached reached[ROLES][PP_MOST_POINTS];
  /* For each item of a producer: how often it was received, COMMITTED if its put has returned, and FOLLOWS if it is in the same list as the one
   * before it. */
  _Alignas(4096) _Atomic uint8_t items[PRODUCERS][MOST_ITEMS];
};

enum { COMMITTED = 0x80, FOLLOWS = 0x40, RECEIVED = 0x3f };

struct item {
  uint32_t producer, number, length, check;
};

static struct oracle *oracle;
static const struct setting *setting;
static const struct killing *killing;
static uint8_t bytes[MOST_AT_ONCE * (LIST_LENGTH + sizeof(struct item) + LARGEST)];
static int32_t inbox = -1;

void workers_prepare(void) {
  oracle = mmap(NULL, sizeof *oracle, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(oracle != MAP_FAILED);
}

struct pp_reached *workers_reached(enum role role) { return oracle->reached[role]; }

/* --- items --- */

static uint32_t length_of(uint32_t producer, uint32_t number) {
  uint32_t mixed = (number * 2654435761u) ^ (producer * 40503u);
  return mixed % 97 == 0 ? mixed % LARGEST : mixed % 100;
}

static int32_t make(uint8_t *at, uint32_t producer, uint32_t number) {
  struct item item = {producer, number, length_of(producer, number), number ^ 0x5a5a5a5au};
  memcpy(at, &item, sizeof item);
  memset(at + sizeof item, (int)(number & 0xff), item.length);
  return (int32_t)(sizeof item + item.length);
}

static int32_t make_list(uint32_t producer, uint32_t first, uint32_t count) {
  uint8_t *at = bytes;
  for (uint32_t number = first; number < first + count; number++) {
    uint32_t length = (uint32_t)make(at + LIST_LENGTH, producer, number);
    pp_list_set_length(at, length);
    at += LIST_LENGTH + length;
    if (number > first) atomic_fetch_or(&oracle->items[producer][number], FOLLOWS);
    else atomic_fetch_and(&oracle->items[producer][number], (uint8_t)~FOLLOWS);
  }
  return (int32_t)(at - bytes);
}

static void note(const uint8_t *at, int length, uint32_t *last) {
  struct item item;
  bool good = length >= (int)sizeof item;
  if (good) {
    memcpy(&item, at, sizeof item);
    good = item.producer < PRODUCERS && item.number < MOST_ITEMS && item.check == (item.number ^ 0x5a5a5a5au) &&
           item.length == length_of(item.producer, item.number) && length == (int)(sizeof item + item.length);
  }
  for (uint32_t i = 0; good && i < item.length; i++) good = at[sizeof item + i] == (uint8_t)item.number;
  if (!good) {
    oracle->bad++;
    return;
  }
  if ((atomic_fetch_add(&oracle->items[item.producer][item.number], 1) & RECEIVED) != 0) oracle->duplicates++;
  if (!setting->redeliver && !setting->tasks && item.number <= last[item.producer]) oracle->disorder++;
  last[item.producer] = item.number;
  oracle->received++;
}

static uint32_t note_list(int length, uint32_t *last) {
  uint32_t count = 0;
  for (int at = 0; at < length; count++) {
    int item = (int)pp_list_length(bytes + at);
    note(bytes + at + LIST_LENGTH, item, last);
    at += LIST_LENGTH + item;
  }
  return count;
}

/* --- workers --- */

static bool is_wrong(const char *call, int status) {
  if (status >= 0 || status == -EAGAIN || status == -EBUSY) return false;
  fprintf(stderr, "%s: %d\n", call, status);
  oracle->bad++;
  return true;
}

/* Puts an item, or the first ones of a list. Returns how many are in the queue, or the failure. */
static int put_some(int queue, uint32_t producer, uint32_t number, uint32_t count) {
  int status;
  int32_t room;
  if (count == 1) {
    status = pp_queue_put(queue, bytes, make(bytes, producer, number), WAIT_MS);
    return status < 0 ? status : 1;
  }
  status = pp_queue_put_list(queue, bytes, make_list(producer, number, count), &room);
  if (status == -EAGAIN) pp_queue_wait(queue, PP_ROOM, WAIT_MS);
  return status;
}

static void produce(int queue, uint32_t producer) {
  while (!oracle->stop) {
    uint32_t left = rand() % 2 == 0 ? 1 : 1 + (uint32_t)rand() % MOST_AT_ONCE;
    uint32_t number = atomic_fetch_add(&oracle->started[producer], left) + 1;
    while (left > 0 && !oracle->stop) {
      int status = put_some(queue, producer, number, left);
      if (is_wrong("put", status)) return;
      for (int i = 0; i < status; i++) atomic_fetch_or(&oracle->items[producer][number++], COMMITTED);
      if (status <= 0) continue;
      oracle->committed[producer] += (uint32_t)status;
      left -= (uint32_t)status;
    }
  }
}

static void mark_done(int queue) {
  int status;
  while ((status = pp_queue_task_done(queue)) == -EBUSY) continue;
  CHECK(status >= 0);
}

static void wait_for_bell(int queue) {
  if (pp_queue_watch(queue, 1, PP_ITEMS) < 0) oracle->bad++;
  bells_wait(inbox, WAIT_MS);
}

struct task {
  uint64_t at;
  int length;
  uint8_t bytes[sizeof(struct item) + LARGEST];
};

static void end_task(int queue, const struct task *task, bool back) {
  uint32_t last[PRODUCERS] = {0};
  int status;
  if (!back) note(task->bytes, task->length, last);
  while ((status = pp_queue_task_end(queue, &task->at, back)) == -EBUSY) continue;
  CHECK(status == 0);
  while ((status = pp_queue_task_end(queue, &task->at, back)) == -EBUSY) continue;
  CHECK(status == -EINVAL);
  if (back) oracle->backs++;
}

/* Takes some tasks, and ends them in any order. An item that is given back was not received. */
static void consume_tasks(int queue) {
  static struct task tasks[MOST_TASKS];
  int count = 0;
  for (int i = 1 + rand() % MOST_TASKS; i > 0; i--) {
    struct task *task = &tasks[count];
    int status = pp_queue_get_task(queue, task->bytes, sizeof task->bytes, WAIT_MS);
    if (is_wrong("get_task", status)) return;
    if (status < 0) continue;
    CHECK(pp_queue_taken(queue, &task->at) == 1);
    task->length = status;
    count++;
  }
  while (count > 0) {
    struct task *task = &tasks[rand() % count], *last = &tasks[--count];
    end_task(queue, task, rand() % 3 == 0);
    if (task != last) memcpy(task, last, sizeof *task);
  }
}

static void consume(int queue, bool by_bell) {
  uint32_t last[PRODUCERS] = {0};
  while (!oracle->stop) {
    if (setting->tasks && rand() % 2 == 0) consume_tasks(queue);
    int32_t most = rand() % 2 == 0 ? 1 : 1 + rand() % MOST_AT_ONCE, ms = by_bell ? 0 : WAIT_MS;
    int status = most == 1 ? pp_queue_get(queue, bytes, sizeof bytes, ms) : pp_queue_get_list(queue, bytes, sizeof bytes, most, ms);
    if (is_wrong("get", status)) return;
    if (status == -EAGAIN && by_bell) wait_for_bell(queue);
    if (status < 0) continue;
    uint32_t taken = most == 1 ? 1 : note_list(status, last);
    if (most == 1) note(bytes, status, last);
    /* Some items stay undone, so that the clean-up has work. */
    for (; taken > 0; taken--)
      if (setting->redeliver || rand() % 4 != 0) mark_done(queue);
  }
}

static int open_queue(int fd) {
  int queue = pp_queue_open(inbox, dup(fd));
  is_wrong("open", queue);
  return queue;
}

static void visit(int fd) {
  struct pp_queue_stats stats;
  while (!oracle->stop) {
    int queue = open_queue(fd);
    if (queue < 0) continue;
    is_wrong("stats", pp_queue_stats(queue, &stats));
    is_wrong("join", pp_queue_join(queue, 1));
    is_wrong("poll", pp_queue_poll(queue));
    is_wrong("trim", pp_queue_trim(queue));
    is_wrong("trim", pp_queue_trim(queue));
    pp_queue_wait(queue, PP_DONE, 1);
    CHECK(pp_queue_close(queue) == 0);
    oracle->visits++;
    usleep(1000);
  }
}

static pid_t start(int fd, int worker, unsigned seed) {
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  srand(seed);
  pp_reached = oracle->reached[roles[worker]];
  inbox = bells_open();
  /* This is set before the first call, so that processes are also killed while they open the queue. */
  if (killing != NULL && killing->role == roles[worker]) {
    pp_fail_at = killing->point;
    pp_fail_after = rand() % 3 == 0 ? rand() % 10 : 0;
  } else pp_fail_random = 10 + rand() % 200;
  if (roles[worker] == VISITOR) visit(fd);
  else {
    int queue = open_queue(fd);
    if (queue < 0) _exit(queue == -EBUSY ? 0 : 1);
    if (roles[worker] == PRODUCER) produce(queue, (uint32_t)worker);
    else consume(queue, worker % 2 == 0 && seed % 3 == 0);
    pp_queue_close(queue);
  }
  _exit(0);
}

/* --- one run --- */

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void tick(int signal) { (void)signal; }

/* The signals interrupt waitpid, so that the driver can see that nothing moves any more. */
static void start_ticking(void) {
  struct sigaction action = {.sa_handler = tick};
  struct itimerval often = {{0, 50000}, {0, 50000}};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
}

static void stop_ticking(void) {
  struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
}

struct tally {
  long killed, wanted, consumers;
};

static bool is_wanted(int worker) { return killing == NULL || killing->role == roles[worker]; }

static void kill_some(int fd, struct tally *tally, long kills, double limit, unsigned seed) {
  pid_t workers[WORKERS];
  uint64_t seen = 0;
  double begun = now(), moved = begun;
  for (int i = 0; i < WORKERS; i++) workers[i] = start(fd, i, seed++);
  while (tally->wanted < kills && now() - begun < limit) {
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    for (int i = 0; i < WORKERS && pid > 0; i++) {
      if (workers[i] != pid) continue;
      CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
      tally->killed += WIFSIGNALED(status);
      tally->wanted += WIFSIGNALED(status) && is_wanted(i);
      tally->consumers += WIFSIGNALED(status) && roles[i] == CONSUMER;
      workers[i] = start(fd, i, seed++);
    }
    uint64_t got = oracle->received;
    if (got != seen) moved = now();
    seen = got;
    if (now() - moved < STUCK_S) continue;
    fprintf(stderr, "nothing moved for %d s after %ld kills\n", STUCK_S, tally->killed);
    for (int i = 0; i < WORKERS; i++) kill(workers[i], SIGKILL);
    abort();
  }
  oracle->stop = true;
  for (int i = 0; i < WORKERS; i++) {
    int status;
    while (waitpid(workers[i], &status, 0) < 0) CHECK(errno == EINTR);
    tally->consumers += WIFSIGNALED(status) && roles[i] == CONSUMER;
  }
}

static void drain(int queue) {
  uint32_t last[PRODUCERS] = {0};
  struct pp_queue_stats stats;
  CHECK(pp_queue_stats(queue, &stats) == 0);
  for (;;) {
    int status = pp_queue_get(queue, bytes, sizeof bytes, 20);
    if (status == -EAGAIN) break;
    CHECK(status >= 0);
    note(bytes, status, last);
    mark_done(queue);
  }
}

static void compare(const struct pp_queue_stats *stats, const struct tally *tally) {
  uint64_t committed = 0, missing = 0;
  for (int p = 0; p < PRODUCERS; p++)
    for (uint32_t n = 1; n <= oracle->started[p]; n++) {
      uint8_t item = oracle->items[p][n], before = oracle->items[p][n - 1];
      committed += (item & COMMITTED) != 0;
      missing += (item & COMMITTED) != 0 && (item & RECEIVED) == 0;
      /* The put of a list that was killed has put its first items, and none behind one that it has not put. */
      missing += (item & FOLLOWS) != 0 && (item & RECEIVED) != 0 && before == (before & FOLLOWS);
    }
  if (killing == NULL)
    printf("  maxsize %lu%s%s: %ld kills, %lu put, %lu received, %lu lost in the hands of %ld killed consumers, %lu redelivered\n",
           (unsigned long)setting->maxsize, setting->redeliver ? ", redelivering" : "", setting->tasks ? ", with tasks" : "", tally->killed, (unsigned long)stats->puts,
           (unsigned long)oracle->received, (unsigned long)missing, tally->consumers, (unsigned long)stats->redelivered);
  CHECK(oracle->bad == 0);
  CHECK(oracle->disorder == 0);
  CHECK(stats->size == 0);
  CHECK(stats->unfinished == 0);
  CHECK(stats->puts >= committed && stats->puts <= committed + MOST_AT_ONCE * ((uint64_t)tally->killed + WORKERS));
  CHECK(missing <= MOST_AT_ONCE * (uint64_t)tally->consumers);
  if (setting->redeliver) {
    CHECK(missing == 0);
    CHECK(oracle->duplicates <= stats->redelivered);
    CHECK(stats->lost == 0 && stats->abandoned == 0);
  } else {
    CHECK(oracle->duplicates == 0);
    CHECK(setting->tasks || stats->puts == stats->gets);
    CHECK(stats->gets - oracle->received - oracle->backs <= MOST_AT_ONCE * (uint64_t)tally->consumers);
    /* A consumer may be killed after the queue counts the item as received and before this test has noted it. */
    CHECK(stats->lost <= stats->gets - oracle->received);
  }
}

long workers_run(const struct setting *wanted, const struct killing *where, long kills, double limit, unsigned seed) {
  setting = wanted;
  killing = where;
  for (int i = 0; i < PRODUCERS; i++) memset((void *)oracle->items[i], 0, oracle->started[i] + 1);
  memset(oracle, 0, offsetof(struct oracle, reached));
  bells_begin();
  inbox = bells_open();
  int made = pp_queue_make_sized(inbox, setting->ring_size, setting->maxsize, setting->redeliver);
  CHECK(made >= 0);
  int queue = pp_queue_open(-1, dup(pp_queue_fd(made)));
  CHECK(queue >= 0);
  struct tally tally = {0};
  start_ticking();
  kill_some(pp_queue_fd(made), &tally, kills, limit, seed);
  stop_ticking();
  drain(queue);
  struct pp_queue_stats stats;
  CHECK(pp_queue_stats(queue, &stats) == 0);
  CHECK(stats.participants == 2);
  compare(&stats, &tally);
  /* The first join reports the items that died with their consumers. After it, every item is done. */
  CHECK(pp_queue_join(queue, 1) >= 0);
  CHECK(pp_queue_join(queue, 0) == 0);
  CHECK(pp_queue_close(queue) == 0 && pp_queue_close(made) == 0 && pp_inbox_close(inbox) == 0);
  bells_end();
  return tally.wanted;
}
