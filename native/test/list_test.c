/* Lists of items: putting and taking many in one call. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "polyproc.h"
#include "queue/list.h"
#include "queue/open.h"

#define MIB (1u << 20)

static uint8_t list[MIB], out[MIB];

static int make_queue(uint64_t ring_size, uint64_t maxsize, int redeliver) {
  int queue = pp_queue_make_sized(-1, ring_size, maxsize, redeliver);
  CHECK(queue >= 0);
  return queue;
}

static int attach(int made) {
  int queue = pp_queue_open(-1, dup(pp_queue_fd(made)));
  CHECK(queue >= 0);
  return queue;
}

static uint32_t size_of(int item) { return (uint32_t)item * 7919 % 300; }

/* Writes `count` items from `first` on into `list`, and returns its length. */
static int32_t fill(int first, int count) {
  uint32_t used = 0;
  for (int item = first; item < first + count; item++) {
    pp_list_set_length(list + used, size_of(item));
    memset(list + used + LIST_LENGTH, item, size_of(item));
    used += LIST_LENGTH + size_of(item);
  }
  return (int32_t)used;
}

static int put(int queue, int first, int count) {
  int32_t room;
  return pp_queue_put_list(queue, list, fill(first, count), &room);
}

/* Takes up to `most` items, which must be those from `first` on. Returns their number, or the failure. */
static int take(int queue, int first, int most, int32_t room) {
  int32_t length = pp_queue_get_list(queue, out, room, most, 0);
  if (length < 0) return length;
  int count = 0;
  for (uint32_t at = 0; at < (uint32_t)length; count++) {
    uint32_t size = pp_list_length(out + at);
    CHECK(size == size_of(first + count));
    for (uint32_t i = 0; i < size; i++) CHECK(out[at + LIST_LENGTH + i] == (uint8_t)(first + count));
    at += LIST_LENGTH + size;
    CHECK(at <= (uint32_t)length);
  }
  return count;
}

static struct pp_queue_stats count(int queue) {
  struct pp_queue_stats stats;
  CHECK(pp_queue_stats(queue, &stats) == 0);
  return stats;
}

static void there_and_back(int redeliver) {
  int queue = make_queue(MIB, 0, redeliver);
  CHECK(put(queue, 0, 0) == -EINVAL && take(queue, 0, 10, MIB) == -EAGAIN && pp_queue_get_list(queue, out, MIB, 0, 0) == -EINVAL);
  CHECK(put(queue, 0, 50) == 50 && count(queue).size == 50);
  CHECK(take(queue, 0, 20, MIB) == 20 && take(queue, 20, 1, MIB) == 1);
  /* Single gets and lists take from the same line. */
  CHECK(pp_queue_get(queue, out, MIB, 0) == (int)size_of(21) && put(queue, 50, 10) == 10);
  CHECK(take(queue, 22, 1000, MIB) == 38 && take(queue, 0, 10, MIB) == -EAGAIN);
  CHECK(count(queue).gets == 60 && count(queue).unfinished == 60);
  for (int i = 0; i < 60; i++) CHECK(pp_queue_task_done(queue) == 0);
  CHECK(pp_queue_task_done(queue) == -EINVAL && pp_queue_join(queue, 1) == 0);
  CHECK(put(queue, 0, 3) == 3 && pp_queue_shutdown(queue, 0) == 0 && put(queue, 0, 1) == -ESHUTDOWN);
  CHECK(take(queue, 0, 10, MIB) == 3 && take(queue, 0, 10, MIB) == -ESHUTDOWN);
  pp_queue_close(queue);
}

static void room(void) {
  int queue = make_queue(MIB, 10, 0);
  int32_t left, length = fill(0, 4);
  CHECK(pp_queue_put_list(queue, list, length, &left) == 4 && left == 6);
  /* What does not fit is left out, and the rest goes in later. */
  CHECK(put(queue, 4, 10) == 6 && put(queue, 10, 4) == -EAGAIN && take(queue, 0, 3, MIB) == 3 && put(queue, 10, 4) == 3);
  /* The list ends before the item for which there is no room, and an item without room stays in the queue. */
  int32_t three = LIST_LENGTH * 3 + (int32_t)(size_of(3) + size_of(4) + size_of(5));
  CHECK(take(queue, 3, 10, three - 1) == 2 && take(queue, 5, 10, LIST_LENGTH - 1) == -EMSGSIZE);
  CHECK(pp_queue_needed(queue) == (int)size_of(5) && take(queue, 5, 10, LIST_LENGTH + (int32_t)size_of(5)) == 1);
  CHECK(take(queue, 6, 10, MIB) == 7);
  pp_queue_close(queue);
}

/* Lists that cross the end of the ring, and more than the ring has room for. */
static void laps(int redeliver) {
  int queue = make_queue(1u << 16, 0, redeliver), first = 0, next = 0;
  for (int round = 0; round < 300; round++) {
    int put_now = put(queue, next, 1 + round % 90), left = round % 7;
    CHECK(put_now > 0 || put_now == -EAGAIN);
    next += put_now > 0 ? put_now : 0;
    while (next - first > left) {
      int taken = take(queue, first, next - first - left, 8192);
      CHECK(taken > 0);
      for (int i = 0; i < taken && redeliver; i++) CHECK(pp_queue_task_done(queue) == 0);
      first += taken;
    }
  }
  CHECK(count(queue).puts == (uint64_t)next && next > 1000);
  pp_queue_close(queue);
}

/* An item that is cut off is no item. */
static void malformed(void) {
  int queue = make_queue(MIB, 0, 0);
  int32_t left, length = fill(1, 3);
  CHECK(pp_queue_put_list(queue, list, length - 1, &left) == -EINVAL && pp_queue_put_list(queue, list, 3, &left) == -EINVAL);
  pp_list_set_length(list, UINT32_MAX);
  CHECK(pp_queue_put_list(queue, list, length, &left) == -EINVAL && pp_queue_put_list(queue, list, -1, &left) == -EINVAL);
  CHECK(count(queue).size == 0);
  pp_queue_close(queue);
}

/* An item with shared objects inside comes alone, also if others are before and behind it. */
static void objects(void) {
  int queue = make_queue(MIB, 0, 0);
  CHECK(put(queue, 0, 2) == 2);
  fill(2, 1);
  CHECK(pp_queue_put_objects(queue, list + LIST_LENGTH, (int32_t)size_of(2), 0) == 0 && put(queue, 3, 2) == 2);
  CHECK(take(queue, 0, 10, MIB) == 2 && take(queue, 2, 10, MIB) == -EMSGSIZE && pp_queue_get(queue, out, MIB, 0) == (int)size_of(2));
  CHECK(pp_queue_settle(queue) == 0 && take(queue, 3, 10, MIB) == 2);
  pp_queue_close(queue);
}

/* A consumer that is killed before its call returns has lost all items of the list, or none in a queue that redelivers. */
static void killed(int redeliver) {
  int queue = make_queue(MIB, 0, redeliver);
  CHECK(put(queue, 0, 9) == 9);
  pid_t pid = fork();
  if (pid == 0) {
    int own = attach(queue);
    pp_fail_at = "get.unlocked";
    take(own, 0, 5, MIB);
    _exit(0);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
  struct pp_queue_stats stats = count(queue);
  CHECK(stats.lost == (redeliver ? 0 : 5) && stats.redelivered == (redeliver ? 5 : 0) && stats.abandoned == stats.lost);
  CHECK(redeliver ? take(queue, 0, 20, MIB) == 9 : take(queue, 5, 20, MIB) == 4);
  pp_queue_close(queue);
}

int main(void) {
  for (int redeliver = 0; redeliver < 2; redeliver++) {
    there_and_back(redeliver);
    laps(redeliver);
    killed(redeliver);
  }
  room();
  malformed();
  objects();
  printf("lists of items: correct\n");
  return 0;
}
