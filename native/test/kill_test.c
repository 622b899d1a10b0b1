/* Producers and consumers in real processes on one queue; each is killed at a random step, again and again, and replaced.
 * An oracle in shared memory knows what was put and what came: nothing may come twice, changed, or out of order; nothing that was
 * committed may be missing but what was in the hands of a killed consumer; and something must move in every two seconds.
 *
 *   kill_test KILLS [SEED]
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "polyproc.h"
#include "queue.h"

#define PRODUCERS 2
#define CONSUMERS 2
#define WORKERS (PRODUCERS + CONSUMERS)
#define MOST_ITEMS (1u << 27)
#define LARGEST 30000

struct oracle {
  _Atomic uint32_t started[PRODUCERS], committed[PRODUCERS];
  _Atomic uint64_t received, duplicates, bad, disorder;
  _Atomic bool stop;
  struct pp_reached reached[PP_MOST_POINTS];
  /* For each producer's item: how often it came; 0x80 if its put returned. */
  _Alignas(4096) _Atomic uint8_t items[PRODUCERS][MOST_ITEMS];
};

struct item {
  uint32_t producer, number, length, check;
};

static struct oracle *oracle;
static int redeliver;

static uint32_t length_of(uint32_t producer, uint32_t number) {
  uint32_t mixed = (number * 2654435761u) ^ (producer * 40503u);
  return mixed % 97 == 0 ? mixed % LARGEST : mixed % 100;
}

static void fill(uint8_t *bytes, uint32_t producer, uint32_t number) {
  struct item item = {producer, number, length_of(producer, number), number ^ 0x5a5a5a5au};
  memcpy(bytes, &item, sizeof item);
  memset(bytes + sizeof item, (int)(number & 0xff), item.length);
}

static void note(const uint8_t *bytes, int length, uint32_t *last) {
  struct item item;
  if (length < (int)sizeof item) {
    oracle->bad++;
    return;
  }
  memcpy(&item, bytes, sizeof item);
  bool good = item.producer < PRODUCERS && item.number < MOST_ITEMS && item.check == (item.number ^ 0x5a5a5a5au) &&
              item.length == length_of(item.producer, item.number) && length == (int)(sizeof item + item.length);
  for (uint32_t i = 0; good && i < item.length; i++) good = bytes[sizeof item + i] == (uint8_t)item.number;
  if (!good) {
    oracle->bad++;
    return;
  }
  if ((atomic_fetch_add(&oracle->items[item.producer][item.number], 1) & 0x7f) != 0) oracle->duplicates++;
  if (!redeliver && item.number <= last[item.producer]) oracle->disorder++;
  last[item.producer] = item.number;
  oracle->received++;
}

static void produce(int queue, uint32_t producer) {
  static uint8_t bytes[sizeof(struct item) + LARGEST];
  while (!oracle->stop) {
    uint32_t number = ++oracle->started[producer];
    fill(bytes, producer, number);
    int status;
    do status = pp_queue_put(queue, bytes, (int32_t)(sizeof(struct item) + length_of(producer, number)), 50);
    while ((status == -EAGAIN || status == -EBUSY) && !oracle->stop);
    if (status == 0) {
      atomic_fetch_or(&oracle->items[producer][number], 0x80);
      oracle->committed[producer]++;
    } else if (status != -EAGAIN && status != -EBUSY) {
      fprintf(stderr, "put: %d\n", status);
      oracle->bad++;
      return;
    }
  }
}

static void consume(int queue) {
  static uint8_t bytes[sizeof(struct item) + LARGEST];
  uint32_t last[PRODUCERS] = {0};
  while (!oracle->stop) {
    int status = pp_queue_get(queue, bytes, sizeof bytes, 50);
    if (status >= 0) {
      note(bytes, status, last);
      while (redeliver && (status = pp_queue_task_done(queue)) == -EBUSY) continue;
      CHECK(status >= 0);
    } else if (status != -EAGAIN && status != -EBUSY) {
      fprintf(stderr, "get: %d\n", status);
      oracle->bad++;
      return;
    }
  }
}

static pid_t start_worker(int fd, int place, unsigned seed) {
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  srand(seed);
  /* From before its first step on, so that coming in is killed too. */
  pp_fail_random = 20 + rand() % 400;
  int queue = pp_queue_open(-1, dup(fd));
  if (queue < 0) {
    if (queue != -EBUSY) fprintf(stderr, "open: %d\n", queue);
    _exit(queue == -EBUSY ? 0 : 1);
  }
  if (place < PRODUCERS) produce(queue, (uint32_t)place);
  else consume(queue);
  pp_fail_random = 0;
  pp_queue_close(queue);
  _exit(0);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void drain(int queue) {
  static uint8_t bytes[sizeof(struct item) + LARGEST];
  uint32_t last[PRODUCERS] = {0};
  struct pp_queue_stats stats;
  CHECK(pp_queue_stats(queue, &stats) == 0);
  for (;;) {
    int status = pp_queue_get(queue, bytes, sizeof bytes, 200);
    if (status == -EAGAIN) break;
    CHECK(status >= 0);
    note(bytes, status, last);
    if (redeliver) CHECK(pp_queue_task_done(queue) == 0);
  }
}

static long run(long kills, uint64_t maxsize, unsigned seed) {
  for (int i = 0; i < PRODUCERS; i++) CHECK(madvise(oracle->items[i], sizeof oracle->items[i], MADV_REMOVE) == 0);
  memset(oracle, 0, offsetof(struct oracle, reached));
  struct pp_queue *made = malloc(sizeof *made);
  CHECK(made != NULL && pp_queue_make_sized(made, 1 << 20, maxsize, redeliver) == 0);
  int fd = made->segment.fd;
  int queue = pp_queue_open(-1, dup(fd));
  CHECK(queue >= 0);
  pid_t workers[WORKERS];
  for (int i = 0; i < WORKERS; i++) workers[i] = start_worker(fd, i, seed++);
  long killed = 0, consumers_killed = 0;
  uint64_t seen = 0;
  double moved = seconds();
  while (killed < kills) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == 0) usleep(100);
    for (int i = 0; i < WORKERS && pid > 0; i++) {
      if (workers[i] != pid) continue;
      if (WIFSIGNALED(status)) {
        CHECK(WTERMSIG(status) == SIGKILL);
        killed++;
        consumers_killed += i >= PRODUCERS;
      } else CHECK(WEXITSTATUS(status) == 0);
      workers[i] = start_worker(fd, i, seed++);
    }
    uint64_t now = oracle->received;
    if (now != seen) moved = seconds();
    seen = now;
    if (seconds() - moved > 2) {
      fprintf(stderr, "nothing moved for 2 s after %ld kills\n", killed);
      for (int i = 0; i < WORKERS; i++) kill(workers[i], SIGKILL);
      abort();
    }
  }
  oracle->stop = true;
  for (int i = 0; i < WORKERS; i++) {
    int status;
    CHECK(waitpid(workers[i], &status, 0) == workers[i]);
    if (WIFSIGNALED(status)) consumers_killed += i >= PRODUCERS;
  }
  drain(queue);
  struct pp_queue_stats stats;
  CHECK(pp_queue_stats(queue, &stats) == 0);
  uint64_t committed = 0, missing = 0, ghosts = 0;
  for (int p = 0; p < PRODUCERS; p++)
    for (uint32_t n = 1; n <= oracle->started[p]; n++) {
      uint8_t item = oracle->items[p][n];
      committed += (item & 0x80) != 0;
      if (item == 0x80) missing++;
      if (item != 0 && (item & 0x80) == 0) ghosts++;
    }
  if (getenv("PP_VERBOSE") != NULL) printf("committed %lu ghosts %lu\n", (unsigned long)committed, (unsigned long)ghosts);
  printf("maxsize %2lu %-9s %7ld kills  %9lu put  %9lu received  missing %lu (in hand, of %ld consumers killed)  lost %lu  redelivered %lu\n",
         (unsigned long)maxsize, redeliver ? "redeliver" : "", killed, (unsigned long)stats.puts, (unsigned long)oracle->received,
         (unsigned long)missing, consumers_killed, (unsigned long)stats.lost, (unsigned long)stats.redelivered);
  CHECK(oracle->bad == 0);
  CHECK(oracle->disorder == 0);
  CHECK(stats.size == 0);
  CHECK(stats.puts >= committed && stats.puts <= committed + (uint64_t)killed + WORKERS);
  CHECK(missing <= (uint64_t)consumers_killed);
  if (redeliver) {
    CHECK(missing == 0);
    CHECK(oracle->duplicates <= stats.redelivered);
    CHECK(stats.unfinished == 0);
  } else {
    CHECK(oracle->duplicates == 0);
    CHECK(stats.puts == stats.gets);
    CHECK(stats.gets - oracle->received <= (uint64_t)consumers_killed);
  }
  pp_queue_close(queue);
  pp_queue_detach(made);
  free(made);
  return killed;
}

int main(int argc, char **argv) {
  long kills = argc > 1 ? atol(argv[1]) : 2000;
  unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL);
  printf("seed %u\n", seed);
  setvbuf(stdout, NULL, _IONBF, 0);
  oracle = mmap(NULL, sizeof *oracle, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(oracle != MAP_FAILED);
  pp_reached = oracle->reached;
  long total = 0;
  double begin = seconds();
  static const uint64_t bounds[] = {0, 2, 0, 2};
  for (int i = 0; i < 4; i++) {
    redeliver = i >= 2;
    total += run(kills / 4, bounds[i], seed + (unsigned)i * 1000003u);
  }
  for (int i = 0; i < PP_MOST_POINTS && oracle->reached[i].name[0] != '\0'; i++)
    printf("  %-24s reached %ld times\n", oracle->reached[i].name, oracle->reached[i].times);
  printf("%ld kills in %.1f s: 0 wrong outcomes\n", total, seconds() - begin);
  return 0;
}
