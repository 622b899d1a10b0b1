#include "workers.h"

#include <dirent.h>
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

#include "polyproc.h"
#include "queue/open.h"

#define PRODUCERS 2
#define WORKERS 5
#define MOST_ITEMS (1u << 27)
#define LARGEST 30000
#define STUCK_S 2
#define WAIT_MS 3 /* short, because the process that would have ended the wait may be dead */

static const enum role roles[WORKERS] = {PRODUCER, PRODUCER, CONSUMER, CONSUMER, VISITOR};

struct oracle {
  _Atomic uint32_t started[PRODUCERS], committed[PRODUCERS];
  _Atomic uint64_t received, duplicates, bad, disorder, visits;
  _Atomic bool stop;
  struct pp_reached reached[ROLES][PP_MOST_POINTS];
  /* For each item of a producer: how often it was received, and 0x80 if its put has returned. */
  _Alignas(4096) _Atomic uint8_t items[PRODUCERS][MOST_ITEMS];
};

struct item {
  uint32_t producer, number, length, check;
};

static struct oracle *oracle;
static const struct setting *setting;
static const struct killing *killing;
static uint8_t bytes[sizeof(struct item) + LARGEST];
static char folder[] = "/tmp/pp-bells-XXXXXX";
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

static int32_t make(uint32_t producer, uint32_t number) {
  struct item item = {producer, number, length_of(producer, number), number ^ 0x5a5a5a5au};
  memcpy(bytes, &item, sizeof item);
  memset(bytes + sizeof item, (int)(number & 0xff), item.length);
  return (int32_t)(sizeof item + item.length);
}

static void note(int length, uint32_t *last) {
  struct item item;
  bool good = length >= (int)sizeof item;
  if (good) {
    memcpy(&item, bytes, sizeof item);
    good = item.producer < PRODUCERS && item.number < MOST_ITEMS && item.check == (item.number ^ 0x5a5a5a5au) &&
           item.length == length_of(item.producer, item.number) && length == (int)(sizeof item + item.length);
  }
  for (uint32_t i = 0; good && i < item.length; i++) good = bytes[sizeof item + i] == (uint8_t)item.number;
  if (!good) {
    oracle->bad++;
    return;
  }
  if ((atomic_fetch_add(&oracle->items[item.producer][item.number], 1) & 0x7f) != 0) oracle->duplicates++;
  if (!setting->redeliver && item.number <= last[item.producer]) oracle->disorder++;
  last[item.producer] = item.number;
  oracle->received++;
}

/* --- workers --- */

static bool is_wrong(const char *call, int status) {
  if (status >= 0 || status == -EAGAIN || status == -EBUSY) return false;
  fprintf(stderr, "%s: %d\n", call, status);
  oracle->bad++;
  return true;
}

static void produce(int queue, uint32_t producer) {
  while (!oracle->stop) {
    uint32_t number = ++oracle->started[producer];
    int32_t length = make(producer, number);
    int status;
    do status = pp_queue_put(queue, bytes, length, WAIT_MS);
    while ((status == -EAGAIN || status == -EBUSY) && !oracle->stop);
    if (is_wrong("put", status)) return;
    if (status != 0) continue;
    atomic_fetch_or(&oracle->items[producer][number], 0x80);
    oracle->committed[producer]++;
  }
}

static void mark_done(int queue) {
  int status;
  while ((status = pp_queue_task_done(queue)) == -EBUSY) continue;
  CHECK(status >= 0);
}

/* Each process has an inbox. Half of them have a named pipe as their bell, the others a socket. */
static int32_t open_inbox(void) {
  char path[sizeof folder + 20];
  int32_t fd, made = pp_inbox_open(&fd);
  snprintf(path, sizeof path, "%s/%016lx.b", folder, (unsigned long)getpid());
  CHECK(made >= 0 && pp_inbox_make_bell(made, (const uint8_t *)path, getpid() % 2, &fd) == 0);
  return made;
}

static void wait_for_bell(int queue) {
  int32_t events[2];
  if (pp_queue_watch(queue, 1, PP_ITEMS) < 0) oracle->bad++;
  pp_inbox_wait(inbox, WAIT_MS);
  pp_inbox_take(inbox, events, 1);
}

static void consume(int queue, bool by_bell) {
  uint32_t last[PRODUCERS] = {0};
  while (!oracle->stop) {
    int status = pp_queue_get(queue, bytes, sizeof bytes, by_bell ? 0 : WAIT_MS);
    if (is_wrong("get", status)) return;
    if (status == -EAGAIN && by_bell) wait_for_bell(queue);
    if (status < 0) continue;
    note(status, last);
    /* Some items stay undone, so that the clean-up has work. */
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
  inbox = open_inbox();
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

/* Killed workers leave their bells. */
static void remove_folder(void) {
  DIR *files = opendir(folder);
  CHECK(files != NULL);
  for (struct dirent *file; (file = readdir(files)) != NULL;) unlinkat(dirfd(files), file->d_name, 0);
  closedir(files);
  CHECK(rmdir(folder) == 0);
}

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
    note(status, last);
    mark_done(queue);
  }
}

static void compare(const struct pp_queue_stats *stats, const struct tally *tally) {
  uint64_t committed = 0, missing = 0;
  for (int p = 0; p < PRODUCERS; p++)
    for (uint32_t n = 1; n <= oracle->started[p]; n++) {
      uint8_t item = oracle->items[p][n];
      committed += (item & 0x80) != 0;
      missing += item == 0x80;
    }
  if (killing == NULL)
    printf("  maxsize %lu%s: %ld kills, %lu put, %lu received, %lu lost in the hands of %ld killed consumers, %lu redelivered\n",
           (unsigned long)setting->maxsize, setting->redeliver ? ", redelivering" : "", tally->killed, (unsigned long)stats->puts,
           (unsigned long)oracle->received, (unsigned long)missing, tally->consumers, (unsigned long)stats->redelivered);
  CHECK(oracle->bad == 0);
  CHECK(oracle->disorder == 0);
  CHECK(stats->size == 0);
  CHECK(stats->unfinished == 0);
  CHECK(stats->puts >= committed && stats->puts <= committed + (uint64_t)tally->killed + WORKERS);
  CHECK(missing <= (uint64_t)tally->consumers);
  if (setting->redeliver) {
    CHECK(missing == 0);
    CHECK(oracle->duplicates <= stats->redelivered);
    CHECK(stats->lost == 0 && stats->abandoned == 0);
  } else {
    CHECK(oracle->duplicates == 0);
    CHECK(stats->puts == stats->gets);
    CHECK(stats->gets - oracle->received <= (uint64_t)tally->consumers);
    /* A consumer may be killed after the queue counts the item as received and before this test has noted it. */
    CHECK(stats->lost <= stats->gets - oracle->received);
  }
}

long workers_run(const struct setting *wanted, const struct killing *where, long kills, double limit, unsigned seed) {
  setting = wanted;
  killing = where;
  for (int i = 0; i < PRODUCERS; i++) memset((void *)oracle->items[i], 0, oracle->started[i] + 1);
  memset(oracle, 0, offsetof(struct oracle, reached));
  strcpy(folder + sizeof folder - sizeof "XXXXXX", "XXXXXX");
  CHECK(mkdtemp(folder) != NULL && (inbox = open_inbox()) >= 0);
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
  remove_folder();
  return tally.wanted;
}
