/* What a queue does in a long life: positions that start from 0 again, and items that a consumer keeps while many others pass. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "queue/open.h"
#include "queue/queue.h"
#include "queue/ring.h"

#define MIB (1u << 20)
#define CONSUMERS 3

static uint8_t in[2 * MIB], out[2 * MIB];

static int make_queue(uint64_t ring_size, int redeliver) {
  int queue = pp_queue_make_sized(-1, ring_size, 0, redeliver);
  CHECK(queue >= 0);
  return queue;
}

static int attach(int made) {
  int queue = pp_queue_open(-1, dup(pp_queue_fd(made)));
  CHECK(queue >= 0);
  return queue;
}

static void put(int queue, uint32_t length, uint32_t number) {
  memset(in, (int)(number % 251), length);
  memcpy(in, &number, sizeof number);
  CHECK(pp_queue_put(queue, in, (int32_t)length, 0) == 0);
}

/* Takes an item, checks that it is whole, and returns its number. */
static int get(int queue, uint32_t *number) {
  int length = pp_queue_get(queue, out, sizeof out, 0);
  if (length < 0) return length;
  memcpy(number, out, sizeof *number);
  for (int i = sizeof *number; i < length; i++) CHECK(out[i] == *number % 251);
  return length;
}

/* Moves every position of an empty queue forward by whole laps, as if it had lived so long. */
static void age(int queue, uint64_t shift) {
  struct pp_queue_header *header = pp_queue_find(queue)->header;
  CHECK(shift % pp_queue_find(queue)->ring_size == 0);
  for (int copy = 0; copy < 2; copy++) {
    atomic_fetch_add(&header->put_fields[copy][QUEUE_TAIL], shift);
    for (int field = QUEUE_HEAD; field <= QUEUE_RELEASED; field++) atomic_fetch_add(&header->get_fields[copy][field], shift);
  }
}

/* Each item of more than a MiB takes a lap, because an empty queue returns to the start of its ring. */
static void positions_start_again(uint64_t ring_size, int redeliver) {
  int queue = make_queue(ring_size, redeliver);
  age(queue, -5 * ring_size);
  uint32_t number;
  for (uint32_t i = 0; i < 12; i++) {
    uint32_t length = ring_size > 8 * MIB ? MIB + 100000 : 10000;
    put(queue, length, i);
    if (ring_size <= 8 * MIB) put(queue, (uint32_t)(ring_size / 4), i + 100);
    CHECK(get(queue, &number) == (int)length && number == i);
    if (ring_size <= 8 * MIB) CHECK(get(queue, &number) > 0 && number == i + 100);
    while (pp_queue_task_done(queue) == 0) continue;
    CHECK(pp_queue_join(queue, 1) == 0);
  }
  CHECK(get(queue, &number) == -EAGAIN);
  pp_queue_close(queue);
}

/* One consumer keeps an item, another one takes and marks the rest. */
static void a_held_item(void) {
  int holder = make_queue(1ull << 30, 1), worker = attach(holder);
  uint32_t number;
  put(holder, 1000, 0);
  CHECK(get(holder, &number) == 1000);
  int64_t begun = pp_now();
  for (uint32_t i = 1; i < 200000; i++) {
    put(holder, 1000, i);
    CHECK(get(worker, &number) == 1000 && number == i && pp_queue_task_done(worker) == 0);
  }
  /* It took minutes when each call looked at all items that had passed. */
  CHECK(pp_now() - begun < 30 * 1000000);
  struct stat status;
  CHECK(fstat(pp_queue_fd(holder), &status) == 0 && status.st_blocks / 2048 < 12);
  /* The held item is still whole, and comes again when its consumer is gone. Then FREE passes all. */
  pp_queue_close(holder);
  CHECK(get(worker, &number) == 1000 && number == 0 && pp_queue_task_done(worker) == 0 && pp_queue_join(worker, 1) == 0);
  CHECK(pp_queue_task_done(worker) == -EINVAL);
  put(worker, 1000, 7);
  CHECK(get(worker, &number) == 1000 && number == 7);
  pp_queue_close(worker);
}

/* --- a queue that redelivers against a list that does the same --- */

enum { LEFT = -1, DONE = -2 };
#define MOST 100000

static int8_t owner[MOST];                 /* of each item: LEFT, DONE or its consumer */
static uint32_t order[CONSUMERS][MOST];    /* the items in the order in which each consumer took them */
static uint32_t taken[CONSUMERS], head, total;

static uint32_t next_item(void) {
  for (uint32_t i = 0; i < head; i++)
    if (owner[i] == LEFT) return i;
  return head;
}

/* The item that a consumer's next mark is for. */
static uint32_t next_done(int consumer) {
  for (uint32_t i = 0; i < taken[consumer]; i++)
    if (owner[order[consumer][i]] == consumer) return order[consumer][i];
  return MOST;
}

static void against_a_list(unsigned seed, uint64_t ring_size, uint64_t start) {
  srand(seed);
  int maker = make_queue(ring_size, 1), queues[CONSUMERS];
  age(maker, start);
  for (int i = 0; i < CONSUMERS; i++) queues[i] = attach(maker);
  memset(owner, LEFT, sizeof owner);
  memset(taken, 0, sizeof taken);
  head = total = 0;
  for (int step = 0; step < 20000; step++) {
    int who = rand() % CONSUMERS, what = rand() % 100;
    uint32_t number, expected = next_item();
    if (what < 34) {
      number = total;
      memset(in, (int)(number % 251), 4000);
      memcpy(in, &number, sizeof number);
      int status = pp_queue_put(maker, in, 4 + rand() % 3000, 0);
      CHECK(status == 0 || status == -EAGAIN);
      total += status == 0;
    } else if (what < 67) {
      CHECK(get(queues[who], &number) > 0 ? number == expected : expected == total);
      if (expected == total) continue;
      owner[expected] = (int8_t)who;
      order[who][taken[who]++] = expected;
      head += expected == head;
    } else if (what < 99) {
      /* The first consumer seldom marks what it has. */
      if (who == 0 && rand() % 50 != 0) continue;
      uint32_t done = next_done(who);
      CHECK(pp_queue_task_done(queues[who]) == (done == MOST ? -EINVAL : 0));
      if (done != MOST) owner[done] = DONE;
    } else if (rand() % 10 == 0) {
      pp_queue_close(queues[who]);
      queues[who] = attach(maker);
      for (uint32_t i = 0; i < head; i++)
        if (owner[i] == who) owner[i] = LEFT;
      taken[who] = 0;
    }
  }
  for (int i = 0; i < CONSUMERS; i++) pp_queue_close(queues[i]);
  uint64_t left = 0;
  for (uint32_t i = 0; i < total; i++) left += owner[i] != DONE;
  struct pp_queue_stats stats;
  CHECK(pp_queue_stats(maker, &stats) == 0 && stats.size == left && stats.unfinished == left);
  for (uint32_t i = 0, number; i < total; i++)
    if (owner[i] != DONE) CHECK(get(maker, &number) > 0 && number == i && pp_queue_task_done(maker) == 0);
  CHECK(pp_queue_join(maker, 1) == 0);
  pp_queue_close(maker);
}

/* A length above that of the largest message is damage, whatever else would fit. */
static void too_long(void) {
  int queue = make_queue(8ull << 30, 0);
  put(queue, 100, 1);
  struct pp_queue *opened = pp_queue_find(queue);
  atomic_store(&pp_ring_record(opened, 0)->length, PP_LARGEST + 1);
  for (int copy = 0; copy < 2; copy++) atomic_store(&opened->header->put_fields[copy][QUEUE_TAIL], 4ull << 30);
  CHECK(pp_queue_get(queue, out, 64, 0) == -EBADMSG);
  atomic_store(&pp_ring_record(opened, 0)->length, PP_LARGEST);
  CHECK(pp_queue_get(queue, out, 64, 0) == -EMSGSIZE && pp_queue_needed(queue) == (int32_t)PP_LARGEST);
  /* Memory that reads as 0 is no record. */
  memset(pp_ring_record(opened, 0), 0, RING_RECORD);
  CHECK(pp_queue_get(queue, out, 64, 0) == -EBADMSG);
  CHECK(pp_queue_put(queue, NULL, (int32_t)PP_LARGEST + 1, 0) == -EMSGSIZE);
  pp_queue_close(queue);
}

int main(void) {
  for (int redeliver = 0; redeliver < 2; redeliver++) {
    positions_start_again(64ull << 30, redeliver);
    positions_start_again(MIB, redeliver);
  }
  a_held_item();
  for (unsigned seed = 1; seed <= 6; seed++) against_a_list(seed, seed % 2 == 0 ? 16 * MIB : MIB, seed < 4 ? 0 : -(uint64_t)(16 * MIB));
  too_long();
  printf("a long life of a queue: correct\n");
  return 0;
}
