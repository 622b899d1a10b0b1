/* scribble_test [MS]: one thread uses a queue or another shared object, while another thread writes into its shared memory at full speed
 * and now and then restores it. A value that was checked must be the value that is used, so nothing may be read twice. The test links with
 * fuzz/guard.c, which turns every access outside of the memory into an error. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "inspect/object.h"
#include "polyproc.h"
#include "queue/open.h"
#include "queue/queue.h"
#include "sync/object.h"

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
    /* One word changes back and forth between its proper value and another one. */
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

static void look_at(int fd) {
  int64_t facts[PP_INSPECTED + 8 * INSPECT_ROW];
  int32_t count = pp_inspect_object(getpid(), fd, facts, sizeof facts / sizeof *facts);
  CHECK(count < 0 || count == PP_INSPECTED + facts[INSPECT_ROWS] * INSPECT_ROW);
}

static long use_queue(int fd) {
  int32_t queue = pp_queue_open(-1, dup(fd));
  long good = 0;
  look_at(fd);
  if (queue < 0) return 0;
  for (unsigned i = 0, rounds = (unsigned)rand() % 20; i < rounds; i++) {
    struct pp_queue_stats stats;
    good += pp_queue_put(queue, bytes, (int32_t)(i * 977 % 40000), 0) == 0;
    int length = pp_queue_get(queue, bytes, (int32_t)(i * 1009 % 40000), 0);
    CHECK(length <= (int)(i * 1009 % 40000));
    good += length >= 0;
    good += pp_queue_task_done(queue) == 0;
    if (i == 10) pp_queue_join(queue, 1), pp_queue_stats(queue, &stats);
  }
  CHECK(pp_queue_close(queue) == 0);
  return good;
}

static long use_sync(int fd, enum pp_kind kind) {
  int32_t fields[3], sync = pp_sync_open(-1, dup(fd), kind);
  look_at(fd);
  if (sync < 0) return 0;
  for (int i = rand() % 20; i > 0; i--) {
    pp_lock_acquire(sync, 1, 0);
    pp_lock_release(sync, 1);
    pp_semaphore_acquire(sync);
    pp_semaphore_release(sync);
    int32_t slot = pp_condition_enter(sync);
    pp_condition_notify(sync, 2);
    pp_condition_leave(sync, slot);
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
    int32_t queue = pp_queue_make_sized(-1, MIB, 0, redeliver);
    CHECK(queue >= 0);
    struct pp_queue_header *header = pp_queue_find(queue)->header;
    run((uint8_t *)header, sizeof *header, pp_queue_fd(queue), PP_QUEUE, 2 * ms);
    CHECK(pp_queue_close(queue) == 0);
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
