/* The edge cases of a queue, in one process. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "queue/open.h"
#include "queue/queue.h"
#include "queue/ring.h"

#define MIB (1u << 20)

static uint8_t in[2 * MIB], out[2 * MIB];

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

static int put(int queue, uint32_t length, int mark) {
  memset(in, mark, length);
  return pp_queue_put(queue, in, (int32_t)length, 0);
}

static int get(int queue) {
  int length = pp_queue_get(queue, out, sizeof out, 0);
  for (int i = 1; i < length; i++) CHECK(out[i] == out[0]);
  return length;
}

static struct pp_queue_stats count(int queue) {
  struct pp_queue_stats stats;
  CHECK(pp_queue_stats(queue, &stats) == 0);
  return stats;
}

/* Replaces the C library's fallocate. It records which pages have memory, and fails when a test wants it to. */
static bool there[32 * MIB / 4096];
static int64_t memory_left = INT64_MAX;

int fallocate(int fd, int mode, off_t offset, off_t length) {
  bool punch = (mode & FALLOC_FL_PUNCH_HOLE) != 0;
  if (!punch && (memory_left -= length) < 0) {
    errno = ENOSPC;
    return -1;
  }
  off_t first = punch ? (offset + 4095) / 4096 : offset / 4096, end = punch ? (offset + length) / 4096 : (offset + length + 4095) / 4096;
  for (off_t page = first; page < end && page < (off_t)sizeof there; page++) there[page] = !punch;
  return (int)syscall(SYS_fallocate, fd, mode, offset, length);
}

static uint64_t put_field(const struct pp_queue *queue, int field) {
  return atomic_load(&queue->header->put_fields[atomic_load(&queue->header->put.select) & 1][field]);
}

/* The memory that FILLED calls reserved must be there. Otherwise a write to it could end in a SIGBUS. */
static void check_filled(const struct pp_queue *queue) {
  uint64_t base = queue->segment.size - queue->ring_size;
  uint64_t tail = put_field(queue, QUEUE_TAIL) % queue->ring_size, filled = put_field(queue, QUEUE_FILLED);
  for (uint64_t at = tail; at < filled; at += 4096) CHECK(there[(base + at) / 4096]);
}

/* --- the tests --- */

static void sizes(void) {
  int queue = make_queue(MIB, 0, 0);
  CHECK(get(queue) == -EAGAIN && pp_queue_poll(queue) == 0);
  CHECK(put(queue, 0, 0) == 0 && pp_queue_poll(queue) == 1);
  CHECK(put(queue, 1, 1) == 0 && put(queue, 15, 2) == 0 && put(queue, 16, 3) == 0 && put(queue, 17, 4) == 0);
  CHECK(get(queue) == 0 && get(queue) == 1 && get(queue) == 15 && get(queue) == 16 && get(queue) == 17);
  /* The largest item that fits wherever a lap ends, and one that is a byte too large. */
  uint32_t largest = MIB / 2 - 32;
  CHECK(put(queue, largest + 1, 5) == -EMSGSIZE);
  for (int i = 0; i < 50; i++) {
    CHECK(put(queue, largest, i) == 0 && get(queue) == (int)largest && out[0] == i);
    CHECK(put(queue, (uint32_t)i * 1000, i) == 0 && get(queue) == i * 1000);
  }
  /* An item that is larger than the reader's room stays in the queue. */
  CHECK(put(queue, 100, 6) == 0 && put(queue, 3, 7) == 0);
  CHECK(pp_queue_get(queue, out, 99, 0) == -EMSGSIZE && pp_queue_needed(queue) == 100);
  CHECK(pp_queue_get(queue, out, 100, 0) == 100 && out[99] == 6);
  CHECK(pp_queue_get(queue, out, 3, 0) == 3 && pp_queue_get(queue, NULL, 0, 0) == -EAGAIN);
  pp_queue_close(queue);
}

/* Fills the ring and empties it again, so that laps end at many positions, in a ring large enough that memory is given back. */
static void wrap(int redeliver) {
  int queue = make_queue(16 * MIB, 0, redeliver);
  int first = 0, next = 0;
  CHECK(pp_queue_find(queue)->segment.size <= 32 * MIB);
  for (int round = 0; round < 40; round++) {
    int status;
    while ((status = put(queue, 100000 + (uint32_t)(next * 7919 % 250000), next % 251)) == 0) {
      next++;
      check_filled(pp_queue_find(queue));
    }
    CHECK(status == -EAGAIN);
    /* A queue that is never quite empty does not return to the start of the ring. */
    for (int left = round % 5 + 1; next - first > left; first++) {
      CHECK(get(queue) == 100000 + first * 7919 % 250000 && out[0] == first % 251);
      if (redeliver) CHECK(pp_queue_task_done(queue) == 0);
    }
  }
  CHECK(count(queue).puts == (uint64_t)next && count(queue).size == (uint64_t)(next - first));
  /* Every page of the ring was used, but the memory that was given back takes no blocks. */
  struct stat status;
  CHECK(fstat(pp_queue_fd(queue), &status) == 0 && status.st_blocks / 2048 < 16);
  pp_queue_close(queue);
}

static uint64_t blocks(int queue) {
  struct stat status;
  CHECK(fstat(pp_queue_fd(queue), &status) == 0);
  return (uint64_t)status.st_blocks * 512;
}

/* An empty queue gives its memory back once nobody uses it, and works on. */
static void idle(int redeliver) {
  int queue = make_queue(32 * MIB, 0, redeliver);
  uint64_t header = blocks(queue);
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 30; i++) CHECK(put(queue, 100000, i) == 0);
    CHECK(blocks(queue) - header >= 3 * 1000 * 1000);
    /* With items in it, it keeps them and their memory. */
    CHECK(pp_queue_trim(queue) == 0 && pp_queue_trim(queue) == 1 && blocks(queue) - header >= 3 * 1000 * 1000);
    for (int i = 0; i < 30; i++) CHECK(get(queue) == 100000 && out[0] == i);
    for (int i = 0; i < (redeliver ? 30 : 0); i++) CHECK(pp_queue_task_done(queue) == 0);
    CHECK(pp_queue_trim(queue) == 0 && blocks(queue) - header >= 3 * 1000 * 1000);
    CHECK(pp_queue_trim(queue) == 1 && blocks(queue) - header <= 64 * 1024);
    check_filled(pp_queue_find(queue));
  }
  CHECK(put(queue, 10, 1) == 0 && get(queue) == 10 && blocks(queue) - header <= 64 * 1024);
  /* While somebody has the put lock, it waits for another call. */
  for (int i = 0; i < 3; i++) CHECK(put(queue, 100000, i) == 0);
  for (int i = 0; i < 3; i++) CHECK(get(queue) == 100000);
  for (int i = 0; i < (redeliver ? 4 : 0); i++) CHECK(pp_queue_task_done(queue) == 0);
  CHECK(pp_queue_trim(queue) == 0);
  atomic_store(&pp_queue_find(queue)->header->put_lock, 4711);
  CHECK(pp_queue_trim(queue) == 0 && blocks(queue) - header > 64 * 1024);
  atomic_store(&pp_queue_find(queue)->header->put_lock, 0);
  CHECK(pp_queue_trim(queue) == 1 && blocks(queue) - header <= 64 * 1024);
  pp_queue_close(queue);
  CHECK(pp_queue_trim(queue) == -EBADF);
}

/* Marking items done makes room for a put, also if no process calls get any more. */
static void room_by_done(void) {
  int queue = make_queue(MIB, 0, 1);
  int items = 0;
  while (put(queue, 1000, items % 251) == 0) items++;
  for (int i = 0; i < items; i++) CHECK(get(queue) == 1000 && out[0] == i % 251);
  CHECK(put(queue, 1000, 0) == -EAGAIN);
  for (int i = 0; i < items / 2; i++) CHECK(pp_queue_task_done(queue) == 0);
  CHECK(put(queue, 1000, 1) == 0 && get(queue) == 1000 && out[0] == 1);
  pp_queue_close(queue);
}

static void maxsize(void) {
  int queue = make_queue(MIB, 2, 0);
  CHECK(put(queue, 1, 1) == 0 && put(queue, 1, 2) == 0 && put(queue, 1, 3) == -EAGAIN && count(queue).maxsize == 2);
  CHECK(get(queue) == 1 && put(queue, 1, 4) == 0 && put(queue, 1, 5) == -EAGAIN);
  CHECK(get(queue) == 1 && out[0] == 2 && get(queue) == 1 && out[0] == 4 && get(queue) == -EAGAIN);
  pp_queue_close(queue);
}

static void done_and_join(void) {
  int queue = make_queue(MIB, 0, 0);
  CHECK(pp_queue_join(queue, 1) == 0 && pp_queue_task_done(queue) == -EINVAL);
  int other = attach(queue);
  CHECK(put(queue, 1, 1) == 0 && put(queue, 1, 2) == 0 && pp_queue_join(queue, 1) == -EAGAIN);
  CHECK(get(queue) == 1 && get(other) == 1 && pp_queue_join(queue, 0) == -EAGAIN);
  /* A participant marks its own items first and then those of others, but never more than were taken. */
  CHECK(pp_queue_task_done(other) == 0 && pp_queue_task_done(other) == 0 && pp_queue_task_done(other) == -EINVAL);
  CHECK(pp_queue_join(queue, 0) == 0 && count(queue).unfinished == 0);
  /* An item that its consumer had when it left is reported, to one join only. */
  CHECK(put(queue, 1, 3) == 0 && get(other) == 1);
  pp_queue_close(other);
  CHECK(count(queue).abandoned == 1 && count(queue).lost == 0 && count(queue).unfinished == 0);
  CHECK(pp_queue_join(queue, 1) == 1 && pp_queue_join(queue, 0) == 0 && pp_queue_join(queue, 1) == 0);
  pp_queue_close(queue);
}

static void redeliver_order(void) {
  int queue = make_queue(MIB, 0, 1);
  int first = attach(queue), second = attach(queue);
  for (int i = 0; i < 6; i++) CHECK(put(queue, 1, i) == 0);
  CHECK(get(first) == 1 && out[0] == 0 && get(second) == 1 && out[0] == 1 && get(first) == 1 && out[0] == 2 && get(second) == 1);
  CHECK(pp_queue_task_done(second) == 0);
  pp_queue_close(first);
  /* Items 0 and 2 come back before 4 and in their order. Item 1 is done, and the second consumer still has 3. */
  CHECK(count(queue).size == 4 && count(queue).redelivered == 2 && count(queue).unfinished == 5);
  CHECK(get(queue) == 1 && out[0] == 0 && get(queue) == 1 && out[0] == 2 && get(queue) == 1 && out[0] == 4);
  pp_queue_close(second);
  CHECK(get(queue) == 1 && out[0] == 3 && get(queue) == 1 && out[0] == 5 && get(queue) == -EAGAIN);
  for (int i = 0; i < 5; i++) CHECK(pp_queue_task_done(queue) == 0);
  CHECK(pp_queue_task_done(queue) == -EINVAL && pp_queue_join(queue, 1) == 0 && count(queue).abandoned == 0);
  pp_queue_close(queue);
}

static uint64_t take_task(int queue, uint8_t mark) {
  uint64_t at;
  CHECK(pp_queue_get_task(queue, out, sizeof out, 0) == 1 && out[0] == mark && pp_queue_taken(queue, &at) == 1);
  return at;
}

static int end(int queue, uint64_t at, int back) { return pp_queue_task_end(queue, &at, back); }

/* Tasks end in any order, and each once. Those that are given back come first, in their order. */
static void tasks_in_hand(int redeliver) {
  int queue = make_queue(MIB, 0, redeliver), other = attach(queue);
  uint64_t at[6];
  for (int i = 0; i < 6; i++) CHECK(put(queue, 1, i) == 0);
  for (uint8_t i = 0; i < 4; i++) at[i] = take_task(queue, i);
  CHECK(end(queue, at[1], 0) == 0 && end(queue, at[1], 0) == -EINVAL && end(queue, at[1], 1) == -EINVAL && end(other, at[0], 1) == -EINVAL);
  CHECK(end(queue, at[2], 1) == 0 && end(queue, at[0], 1) == 0 && end(queue, at[0], 0) == -EINVAL);
  CHECK(count(queue).size == 4 && count(queue).unfinished == 5 && count(queue).gets == 4 && count(queue).redelivered == 0);
  CHECK(get(other) == 1 && out[0] == 0 && take_task(other, 2) == at[2] && get(other) == 1 && out[0] == 4);
  CHECK(end(queue, at[2], 0) == -EINVAL && end(queue, at[3], 0) == 0 && count(queue).unfinished == 4);
  /* 0 is the oldest one, then 4, because 2 comes back and is taken again. */
  CHECK(pp_queue_task_done(other) == 0 && end(other, at[2], 1) == 0 && take_task(other, 2) == at[2]);
  CHECK(pp_queue_task_done(other) == 0 && end(other, at[2], 0) == 0 && pp_queue_task_done(other) == -EINVAL);
  /* The oldest one may be a task, or may be taken before one. */
  for (int i = 6; i < 8; i++) CHECK(put(queue, 1, i) == 0);
  CHECK((at[5] = take_task(other, 5)) != at[2] && get(other) == 1 && (at[4] = take_task(other, 7)) != at[5]);
  CHECK(pp_queue_task_done(other) == 0 && end(other, at[5], 0) == -EINVAL);
  CHECK(pp_queue_task_done(other) == 0 && end(other, at[4], 0) == 0 && pp_queue_task_done(other) == -EINVAL && pp_queue_join(queue, 1) == 0);
  pp_queue_close(other);
  CHECK(count(queue).size == 0 && count(queue).unfinished == 0 && count(queue).abandoned == 0 && count(queue).lost == 0);
  pp_queue_close(queue);
}

/* In a queue that does not redeliver, a task counts as abandoned if its taker goes, and any process marks it, if it has none itself. */
static void tasks_of_others(void) {
  int queue = make_queue(MIB, 0, 0), first = attach(queue), second = attach(queue);
  for (int i = 0; i < 4; i++) CHECK(put(queue, 1, i) == 0);
  uint64_t own = take_task(first, 0), given = take_task(second, 1);
  CHECK(pp_queue_task_done(queue) == 0 && end(first, own, 0) == -EINVAL);
  own = take_task(first, 2);
  CHECK(end(second, given, 1) == 0 && end(second, given, 1) == -EINVAL);
  pp_queue_close(first);
  CHECK(count(queue).abandoned == 1 && count(queue).lost == 0 && count(queue).size == 2 && count(queue).unfinished == 2);
  CHECK(get(queue) == 1 && out[0] == 1 && get(queue) == 1 && out[0] == 3);
  pp_queue_close(second);
  CHECK(pp_queue_task_done(queue) == 0 && pp_queue_task_done(queue) == 0 && pp_queue_task_done(queue) == -EINVAL);
  CHECK(pp_queue_join(queue, 1) == 1 && pp_queue_join(queue, 0) == 0);
  pp_queue_close(queue);
}

/* Puts an item of one byte with a shared object inside, whose descriptor this process keeps under the token. */
static void put_object(int queue, const uint8_t *token) {
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(pp_keep(-1, token, fd) == 0 && pp_queue_put_objects(queue, token, 1, 0) == 0 && pp_keep_sent(token, queue) == 0 && close(fd) == 0);
}

/* Whether the descriptor is still there for a claim, some looks of the keeper later. */
static bool can_claim(const uint8_t *token) {
  for (int i = 0; i < 3; i++) pp_keeper_sweep();
  int fd = pp_claim(token);
  CHECK(fd == -ENOENT || close(fd) == 0);
  return fd >= 0;
}

/* The keeper has the objects inside an item as long as the item may come back, and until whoever took it has them. */
static void objects_of_tasks(void) {
  int queue = make_queue(MIB, 0, 0), other = attach(queue);
  const uint8_t first[] = "1 of sixteen byte", second[] = "2 of sixteen byte", third[] = "3 of sixteen byte", plain[] = "4 of sixteen byte";
  for (int i = 0; i < 2; i++) {
    put_object(queue, first);
    uint64_t task = take_task(other, '1');
    CHECK(can_claim(first) && pp_queue_settle(other) == 0 && can_claim(first) && can_claim(first));
    CHECK(end(other, task, 1) == 0 && can_claim(first) && take_task(other, '1') == task && pp_queue_settle(other) == 0 && can_claim(first));
    CHECK(end(other, task, i) == 0 && can_claim(first) == (i == 1));
  }
  /* A plain get takes the item that came back. Whoever has it can still claim its object, also while an older task stays in hand. */
  CHECK(get(other) == 1 && can_claim(first) && !can_claim(first) && pp_queue_settle(other) == 0 && pp_queue_task_done(other) == 0);
  put_object(queue, first);
  put_object(queue, second);
  put_object(queue, third);
  put_object(queue, plain);
  uint64_t older = take_task(queue, '1'), task = take_task(other, '2');
  CHECK(pp_queue_settle(queue) == 0 && pp_queue_settle(other) == 0 && end(other, task, 1) == 0 && can_claim(second));
  CHECK(get(other) == 1 && out[0] == '2' && can_claim(second) && !can_claim(second) && pp_queue_settle(other) == 0);
  /* An item that was never a task is not kept for the sake of an older one. */
  task = take_task(other, '3');
  CHECK(pp_queue_settle(other) == 0 && get(other) == 1 && out[0] == '4' && pp_queue_settle(other) == 0 && !can_claim(plain));
  /* That of a task is gone when it is done, or when its taker goes. */
  CHECK(can_claim(third) && end(other, task, 0) == 0 && !can_claim(third) && can_claim(first));
  CHECK(end(queue, older, 0) == 0 && !can_claim(first));
  put_object(queue, first);
  take_task(other, '1');
  pp_queue_close(other);
  CHECK(count(queue).lost == 0 && !can_claim(first));
  pp_queue_close(queue);
}

/* A task that comes back after a shutdown can still be taken, unless the shutdown dropped everything. */
static void tasks_after_shutdown(int redeliver) {
  for (int immediate = 0; immediate < 2; immediate++) {
    int queue = make_queue(MIB, 0, redeliver);
    for (int i = 0; i < 3; i++) CHECK(put(queue, 1, i) == 0);
    uint64_t first = take_task(queue, 0), second = take_task(queue, 1);
    CHECK(pp_queue_shutdown(queue, immediate) == 0 && end(queue, second, 1) == 0 && end(queue, second, 1) == -EINVAL);
    for (int i = 1; i < (immediate ? 0 : 3); i++) CHECK(get(queue) == 1 && out[0] == i && pp_queue_task_done(queue) == 0);
    CHECK(get(queue) == -ESHUTDOWN && count(queue).size == 0);
    if (immediate) CHECK(end(queue, first, 0) == 0);
    else while (pp_queue_task_done(queue) == 0) continue;
    CHECK(pp_queue_join(queue, 1) == 0);
    pp_queue_close(queue);
  }
}

/* Items pass a task that is in hand, as many as the ring has room for. Then the queue goes on as ever. */
static void keeping_a_task(int redeliver) {
  int queue = make_queue(32 * MIB, 0, redeliver);
  uint64_t header = blocks(queue);
  CHECK(put(queue, 1, 7) == 0);
  uint64_t task = take_task(queue, 7);
  for (int i = 0; i < 300; i++) CHECK(put(queue, 100000, i) == 0 && get(queue) == 100000 && out[0] == (uint8_t)i);
  /* What is only counted gives its memory back, although the ring keeps the task before it. */
  CHECK(redeliver || blocks(queue) - header <= 16 * MIB);
  CHECK(end(queue, task, 1) == 0 && get(queue) == 1 && out[0] == 7);
  while (pp_queue_task_done(queue) == 0) continue;
  CHECK(pp_queue_join(queue, 1) == 0);
  for (int i = 0; i < 1000; i++) {
    CHECK(put(queue, 100000, i) == 0 && get(queue) == 100000 && out[0] == (uint8_t)i);
    CHECK(pp_queue_task_done(queue) == 0);
  }
  pp_queue_close(queue);
}

static void shutting_down(int redeliver) {
  int queue = make_queue(MIB, 0, redeliver), other = attach(queue);
  CHECK(put(queue, 1, 1) == 0 && pp_queue_shutdown(queue, 0) == 0 && put(other, 1, 2) == -ESHUTDOWN);
  CHECK(get(other) == 1 && get(other) == -ESHUTDOWN && pp_queue_poll(other) == 1 && count(queue).shut_down == 1);
  CHECK(pp_queue_join(queue, 1) == -EAGAIN && pp_queue_task_done(other) == 0 && pp_queue_join(queue, 0) == 0);
  pp_queue_close(other);
  pp_queue_close(queue);
}

/* Items that a shutdown dropped do not come back, and neither do items of consumers that leave later. */
static void dropping(int redeliver) {
  int queue = make_queue(MIB, 0, redeliver);
  int first = attach(queue), second = attach(queue);
  for (int i = 0; i < 4; i++) CHECK(put(queue, 1, i) == 0);
  CHECK(get(first) == 1 && get(second) == 1);
  pp_queue_close(first);
  CHECK(pp_queue_shutdown(queue, 1) == 0 && get(queue) == -ESHUTDOWN && count(queue).size == 0);
  pp_queue_close(second);
  CHECK(get(queue) == -ESHUTDOWN && count(queue).size == 0 && count(queue).unfinished == 0);
  CHECK(pp_queue_shutdown(queue, 0) == 0 && pp_queue_shutdown(queue, 1) == 0 && get(queue) == -ESHUTDOWN);
  while (pp_queue_join(queue, 0) > 0) continue;
  CHECK(pp_queue_join(queue, 0) == 0);
  pp_queue_close(queue);
}

static void participants(void) {
  int queue = make_queue(MIB, 0, 0), one = attach(queue);
  uint32_t index = pp_owner_index(pp_queue_find(one)->scope.me);
  pp_owner before = pp_queue_find(one)->scope.me;
  pp_queue_close(one);
  one = attach(queue);
  CHECK(pp_owner_index(pp_queue_find(one)->scope.me) == index && pp_queue_find(one)->scope.me != before);
  CHECK(pp_owner_dead(&pp_queue_find(queue)->segment, pp_queue_find(queue)->header->participants, before) == 1);
  CHECK(pp_owner_dead(&pp_queue_find(queue)->segment, pp_queue_find(queue)->header->participants, pp_queue_find(one)->scope.me) == 0);
  CHECK(pp_owner_dead(&pp_queue_find(queue)->segment, pp_queue_find(queue)->header->participants, pp_owner_of(1000, 1)) == -EBADMSG);
  /* A child dies with an item and both locks. The next participant with the same index cleans up. */
  CHECK(put(queue, 1, 1) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    int own = attach(queue);
    CHECK(pp_owner_index(pp_queue_find(own)->scope.me) == index + 1 && get(own) == 1);
    atomic_store(&pp_queue_find(own)->header->get_lock, pp_queue_find(own)->scope.me);
    atomic_store(&pp_queue_find(own)->header->put_lock, pp_queue_find(own)->scope.me);
    _exit(0);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  int heir = attach(queue);
  CHECK(pp_owner_index(pp_queue_find(heir)->scope.me) == index + 1 && atomic_load(&pp_queue_find(queue)->header->get_lock) == 0);
  CHECK(put(heir, 1, 2) == 0 && get(queue) == 1 && out[0] == 2 && count(queue).abandoned == 1 && count(queue).participants == 3);
  pp_queue_close(heir);
  /* There is room for PP_PARTICIPANTS participants, and an error for one more. */
  struct rlimit limit = {8192, 8192};
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0 || (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 2 * PP_PARTICIPANTS + 64)) {
    static int many[PP_PARTICIPANTS];
    for (int i = 2; i < PP_PARTICIPANTS; i++) many[i] = attach(queue);
    CHECK(pp_queue_open(-1, dup(pp_queue_fd(queue))) == -EMLINK && count(queue).participants == PP_PARTICIPANTS);
    for (int i = 2; i < PP_PARTICIPANTS; i++) pp_queue_close(many[i]);
    CHECK(count(queue).participants == 2);
  }
  pp_queue_close(one);
  pp_queue_close(queue);
}

/* Makes a file of this size and with these seals that begins with `header`. Returns what opening it as a queue returns, 0 for success. */
static int attach_to(uint64_t size, int seals, const void *header, size_t length) {
  int fd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0 && pwrite(fd, header, length, 0) == (ssize_t)length && fcntl(fd, F_ADD_SEALS, seals) == 0);
  int status = pp_queue_open(-1, fd);
  if (status >= 0) return pp_queue_close(status);
  CHECK(fcntl(fd, F_GETFD) < 0);
  return status;
}

static void garbage(void) {
  int queue = make_queue(MIB, 0, 0);
  struct pp_queue_header header;
  int seals = F_SEAL_SHRINK | F_SEAL_GROW;
  uint64_t size = pp_queue_find(queue)->segment.size;
  memcpy(&header, pp_queue_find(queue)->header, sizeof header);
  atomic_store(&header.participants[0].used, 0);
  CHECK(attach_to(size, seals | F_SEAL_SEAL, &header, sizeof header) == 0);
  CHECK(attach_to(size, seals, &header, sizeof header) == -EBADMSG);
  CHECK(attach_to(size + 4096, seals | F_SEAL_SEAL, &header, sizeof header) == -EBADMSG);
  CHECK(attach_to(100, seals | F_SEAL_SEAL, &header, 100) == -EBADMSG);
  CHECK(attach_to(8192, seals | F_SEAL_SEAL, &header, 8192) == -EBADMSG);
  struct pp_queue_header changed = header;
  changed.version = 999;
  CHECK(attach_to(size, seals | F_SEAL_SEAL, &changed, sizeof changed) == -EPROTO);
  changed = header;
  changed.magic++;
  CHECK(attach_to(size, seals | F_SEAL_SEAL, &changed, sizeof changed) == -EBADMSG);
  changed = header;
  changed.ring_size /= 2;
  CHECK(attach_to(size, seals | F_SEAL_SEAL, &changed, sizeof changed) == -EBADMSG);
  changed = header;
  atomic_store(&changed.ready, 0);
  CHECK(attach_to(size, seals | F_SEAL_SEAL, &changed, sizeof changed) == -EBADMSG);
  CHECK(pp_queue_open(-1, open("/dev/null", O_RDWR)) == -EBADMSG && pp_queue_open(-1, open("/", O_RDONLY)) == -EBADMSG);
  CHECK(pp_queue_open(-1, -1) == -EBADF);
  /* Damage that comes later is an error, too, and is noticed at once. */
  atomic_store(&pp_queue_find(queue)->header->put_lock, 0x7ffu);
  CHECK(put(queue, 1, 1) == -EBADMSG);
  atomic_store(&pp_queue_find(queue)->header->put_lock, 0);
  for (int copy = 0; copy < 2; copy++) atomic_store(&pp_queue_find(queue)->header->get_fields[copy][QUEUE_HEAD], 1ull << 63);
  CHECK(put(queue, 1, 1) == -EBADMSG && get(queue) == -EBADMSG && pp_queue_task_done(queue) == -EBADMSG);
  pp_queue_close(queue);
}

/* Without memory a put fails and changes nothing. */
static void no_memory(void) {
  int queue = make_queue(16 * MIB, 0, 0);
  CHECK(put(queue, 1, 1) == 0);
  memory_left = 2 * MIB;
  int status = 0, items = 0;
  while ((status = put(queue, 100000, 2)) == 0) items++;
  CHECK(status == -ENOSPC && items >= 20 && items < 32 && count(queue).size == (uint64_t)items + 1);
  CHECK(pp_queue_make_sized(-1, MIB, 0, 0) == -ENOSPC);
  memory_left = INT64_MAX;
  CHECK(put(queue, 100000, 3) == 0);
  CHECK(get(queue) == 1);
  for (int i = 0; i < items; i++) CHECK(get(queue) == 100000 && out[0] == 2);
  CHECK(get(queue) == 100000 && out[0] == 3);
  pp_queue_close(queue);
}

int main(void) {
  sizes();
  wrap(0);
  wrap(1);
  idle(0);
  idle(1);
  room_by_done();
  maxsize();
  done_and_join();
  redeliver_order();
  tasks_in_hand(0);
  tasks_in_hand(1);
  tasks_of_others();
  objects_of_tasks();
  keeping_a_task(0);
  keeping_a_task(1);
  tasks_after_shutdown(0);
  tasks_after_shutdown(1);
  shutting_down(0);
  shutting_down(1);
  dropping(0);
  dropping(1);
  participants();
  garbage();
  no_memory();
  printf("the edge cases of a queue: correct\n");
  return 0;
}
