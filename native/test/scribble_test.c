/* scribble_test [MS]: while one thread uses a queue, or a lock and its like, another writes into the shared memory at full speed, and
 * now and then puts it right again: what was checked must be what is used. Links with fuzz/guard.c, so that every access outside is seen. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "futex.h"
#include "harness.h"
#include "polyproc.h"
#include "queue.h"
#include "sync.h"

#define MIB (1u << 20)

static uint8_t *target;
static size_t target_size;
static _Atomic bool stop;
static uint8_t clean[2 * MIB], bytes[MIB];

static void *scribble(void *unused) {
  (void)unused;
  static const uint32_t values[] = {0, 1, 3, 16, 1u << 20, 1u << 30, 1u << 31, UINT32_MAX};
  unsigned seed = 1;
  while (!stop) {
    /* One word flickers between what it was and something else. */
    static const size_t ranges[] = {64, 512, 512, sizeof clean};
    size_t range = ranges[rand_r(&seed) % 4], at = (size_t)rand_r(&seed) % (range < target_size ? range : target_size) & ~3ull;
    uint32_t value = values[(size_t)rand_r(&seed) % (sizeof values / sizeof *values)], before;
    memcpy(&before, clean + at, sizeof before);
    pp_word *word = (pp_word *)(void *)(target + at);
    for (int i = 0; i < 2000; i++) atomic_store_explicit(word, i & 1 ? value : before, memory_order_relaxed);
    if (rand_r(&seed) % 8 == 0) memcpy(target, clean, target_size);
  }
  return NULL;
}

static long use_queue(int fd) {
  struct pp_queue queue;
  long good = 0;
  if (pp_queue_attach(&queue, dup(fd)) < 0) return 0;
  for (unsigned i = 0, rounds = (unsigned)rand() % 20; i < rounds; i++) {
    struct pp_queue_stats stats;
    good += pp_queue_put_item(&queue, bytes, i * 977 % 40000, 0) == 0;
    int length = pp_queue_get_item(&queue, bytes, i * 1009 % 40000, 0);
    CHECK(length <= (int)(i * 1009 % 40000));
    good += length >= 0;
    good += pp_queue_mark_done(&queue) == 0;
    if (i == 10) pp_queue_check_joined(&queue, 1), pp_queue_count(&queue, &stats);
  }
  pp_queue_detach(&queue);
  return good;
}

static long use_sync(int fd, enum pp_kind kind) {
  int32_t fields[3], sync = pp_sync_open(-1, dup(fd), kind);
  if (sync < 0) return 0;
  for (int i = rand() % 20; i > 0; i--) {
    pp_mutex_acquire(sync, 1, 0);
    pp_mutex_release(sync, 1);
    pp_semaphore_acquire(sync);
    pp_semaphore_release(sync);
    int32_t place = pp_condition_enter(sync);
    pp_condition_notify(sync, 2);
    pp_condition_leave(sync, place);
    pp_barrier_arrive(sync, fields);
    pp_barrier_end(sync, 2, -1);
    pp_sync_sweep(sync);
  }
  CHECK(pp_sync_close(sync) == 0);
  return 1;
}

static void run(uint8_t *memory, size_t size, int fd, enum pp_kind kind, int64_t ms) {
  pthread_t thread;
  long good = 0;
  target = memory;
  target_size = size;
  memcpy(clean, memory, size);
  stop = false;
  CHECK(pthread_create(&thread, NULL, scribble, NULL) == 0);
  for (int64_t until = pp_now() + ms * 1000; pp_now() < until;) good += kind == PP_QUEUE ? use_queue(fd) : use_sync(fd, kind);
  stop = true;
  CHECK(pthread_join(thread, NULL) == 0);
  memcpy(memory, clean, size);
  CHECK(good > 0);
}

int main(int argc, char **argv) {
  int64_t ms = (argc > 1 ? atoi(argv[1]) : 2000) / 8;
  for (int redeliver = 0; redeliver < 2; redeliver++) {
    struct pp_queue queue;
    CHECK(pp_queue_make_sized(&queue, MIB + 4096, 0, redeliver) == 0);
    run(queue.segment.base, sizeof *queue.header, queue.segment.fd, PP_QUEUE, 2 * ms);
    pp_queue_detach(&queue);
  }
  for (enum pp_kind kind = PP_LOCK; kind <= PP_BARRIER; kind++) {
    int32_t sync = pp_sync_make(-1, kind, 1, 0);
    CHECK(sync >= 0);
    struct pp_sync_header *header = pp_sync_find(sync, kind)->header;
    run((uint8_t *)header, sizeof *header, pp_sync_fd(sync), kind, ms);
    pp_sync_close(sync);
  }
  printf("shared memory that changes at any time: no access outside of it\n");
  return 0;
}
