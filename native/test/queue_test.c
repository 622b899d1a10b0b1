/* The queue's edges, in one process. */
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
#include "queue.h"

#define MIB (1u << 20)

static uint8_t in[2 * MIB], out[2 * MIB];

static struct pp_queue make_queue(uint64_t ring_size, uint64_t maxsize, int redeliver) {
  struct pp_queue queue;
  CHECK(pp_queue_make_sized(&queue, ring_size, maxsize, redeliver) == 0);
  return queue;
}

static struct pp_queue attach(const struct pp_queue *made) {
  struct pp_queue queue;
  CHECK(pp_queue_attach(&queue, dup(made->segment.fd)) == 0);
  return queue;
}

static int put(struct pp_queue *queue, uint32_t length, int mark) {
  memset(in, mark, length);
  return pp_queue_put_item(queue, in, length, 10);
}

static int get(struct pp_queue *queue) {
  int length = pp_queue_get_item(queue, out, sizeof out, 10);
  for (int i = 1; i < length; i++) CHECK(out[i] == out[0]);
  return length;
}

static struct pp_queue_stats count(struct pp_queue *queue) {
  struct pp_queue_stats stats;
  CHECK(pp_queue_count(queue, &stats) == 0);
  return stats;
}

/* Takes the place of the C library's: which pages are there, and an error when a test wants one. */
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

/* What FILLED says is there must be there: a write to it may not need memory that is not to be had. */
static void check_filled(const struct pp_queue *queue) {
  uint64_t base = queue->segment.size - queue->ring_size;
  uint64_t tail = put_field(queue, TAIL) % queue->ring_size, filled = put_field(queue, FILLED);
  for (uint64_t at = tail; at < filled; at += 4096) CHECK(there[(base + at) / 4096]);
}

/* --- the tests --- */

static void sizes(void) {
  struct pp_queue queue = make_queue(MIB, 0, 0);
  CHECK(get(&queue) == -EAGAIN && pp_queue_can_get(&queue) == 0);
  CHECK(put(&queue, 0, 0) == 0 && pp_queue_can_get(&queue) == 1);
  CHECK(put(&queue, 1, 1) == 0 && put(&queue, 15, 2) == 0 && put(&queue, 16, 3) == 0 && put(&queue, 17, 4) == 0);
  CHECK(get(&queue) == 0 && get(&queue) == 1 && get(&queue) == 15 && get(&queue) == 16 && get(&queue) == 17);
  /* The largest item that fits wherever the end of the ring is, and one byte more. */
  uint32_t largest = MIB / 2 - 32;
  CHECK(put(&queue, largest + 1, 5) == -EMSGSIZE);
  for (int i = 0; i < 50; i++) {
    CHECK(put(&queue, largest, i) == 0 && get(&queue) == (int)largest && out[0] == i);
    CHECK(put(&queue, (uint32_t)i * 1000, i) == 0 && get(&queue) == i * 1000);
  }
  /* Too large for the reader's room: nothing is taken. */
  CHECK(put(&queue, 100, 6) == 0 && put(&queue, 3, 7) == 0);
  CHECK(pp_queue_get_item(&queue, out, 99, 10) == -EMSGSIZE && queue.needed == 100);
  CHECK(pp_queue_get_item(&queue, out, 100, 10) == 100 && out[99] == 6);
  CHECK(pp_queue_get_item(&queue, out, 3, 10) == 3 && pp_queue_get_item(&queue, NULL, 0, 10) == -EAGAIN);
  pp_queue_detach(&queue);
}

/* Filled to the brim at every position of the end, and emptied again, in a ring whose memory is given back. */
static void wrap(int redeliver) {
  struct pp_queue queue = make_queue(16 * MIB, 0, redeliver);
  int first = 0, next = 0;
  CHECK(queue.segment.size <= 32 * MIB);
  for (int round = 0; round < 40; round++) {
    int status;
    while ((status = put(&queue, 100000 + (uint32_t)(next * 7919 % 250000), next % 251)) == 0) {
      next++;
      check_filled(&queue);
    }
    CHECK(status == -EAGAIN);
    /* Never quite empty, so that it goes on around the ring. */
    for (int left = round % 5 + 1; next - first > left; first++) {
      CHECK(get(&queue) == 100000 + first * 7919 % 250000 && out[0] == first % 251);
      if (redeliver) CHECK(pp_queue_mark_done(&queue) == 0);
    }
  }
  CHECK(count(&queue).puts == (uint64_t)next && count(&queue).size == (uint64_t)(next - first));
  /* In a ring of 16 MiB that has gone round, what was given back is not there. */
  struct stat status;
  CHECK(fstat(queue.segment.fd, &status) == 0 && status.st_blocks / 2048 < 16);
  pp_queue_detach(&queue);
}

/* Who has taken everything and marks it done makes room, though nobody gets. */
static void room_by_done(void) {
  struct pp_queue queue = make_queue(MIB, 0, 1);
  int items = 0;
  while (put(&queue, 1000, items % 251) == 0) items++;
  for (int i = 0; i < items; i++) CHECK(get(&queue) == 1000 && out[0] == i % 251);
  CHECK(put(&queue, 1000, 0) == -EAGAIN);
  for (int i = 0; i < items / 2; i++) CHECK(pp_queue_mark_done(&queue) == 0);
  CHECK(put(&queue, 1000, 1) == 0 && get(&queue) == 1000 && out[0] == 1);
  pp_queue_detach(&queue);
}

static void maxsize(void) {
  struct pp_queue queue = make_queue(MIB, 2, 0);
  CHECK(put(&queue, 1, 1) == 0 && put(&queue, 1, 2) == 0 && put(&queue, 1, 3) == -EAGAIN && count(&queue).maxsize == 2);
  CHECK(get(&queue) == 1 && put(&queue, 1, 4) == 0 && put(&queue, 1, 5) == -EAGAIN);
  CHECK(get(&queue) == 1 && out[0] == 2 && get(&queue) == 1 && out[0] == 4 && get(&queue) == -EAGAIN);
  pp_queue_detach(&queue);
}

static void done_and_join(void) {
  struct pp_queue queue = make_queue(MIB, 0, 0);
  CHECK(pp_queue_check_joined(&queue, 1) == 0 && pp_queue_mark_done(&queue) == -EINVAL);
  struct pp_queue other = attach(&queue);
  CHECK(put(&queue, 1, 1) == 0 && put(&queue, 1, 2) == 0 && pp_queue_check_joined(&queue, 1) == -EAGAIN);
  CHECK(get(&queue) == 1 && get(&other) == 1 && pp_queue_check_joined(&queue, 0) == -EAGAIN);
  /* Anybody's, when the own ones are done; never more than were taken. */
  CHECK(pp_queue_mark_done(&other) == 0 && pp_queue_mark_done(&other) == 0 && pp_queue_mark_done(&other) == -EINVAL);
  CHECK(pp_queue_check_joined(&queue, 0) == 0 && count(&queue).unfinished == 0);
  /* What leaves with its taker is told, to one join. */
  CHECK(put(&queue, 1, 3) == 0 && get(&other) == 1);
  pp_queue_detach(&other);
  CHECK(count(&queue).abandoned == 1 && count(&queue).lost == 0 && count(&queue).unfinished == 0);
  CHECK(pp_queue_check_joined(&queue, 1) == 1 && pp_queue_check_joined(&queue, 0) == 0 && pp_queue_check_joined(&queue, 1) == 0);
  pp_queue_detach(&queue);
}

static void redeliver_order(void) {
  struct pp_queue queue = make_queue(MIB, 0, 1);
  struct pp_queue first = attach(&queue), second = attach(&queue);
  for (int i = 0; i < 6; i++) CHECK(put(&queue, 1, i) == 0);
  CHECK(get(&first) == 1 && out[0] == 0 && get(&second) == 1 && out[0] == 1 && get(&first) == 1 && out[0] == 2 && get(&second) == 1);
  CHECK(pp_queue_mark_done(&second) == 0);
  pp_queue_detach(&first);
  /* 0 and 2 come back, before 4 and in their order; 1 is done, 3 is still with the second. */
  CHECK(count(&queue).size == 4 && count(&queue).redelivered == 2 && count(&queue).unfinished == 5);
  CHECK(get(&queue) == 1 && out[0] == 0 && get(&queue) == 1 && out[0] == 2 && get(&queue) == 1 && out[0] == 4);
  pp_queue_detach(&second);
  CHECK(get(&queue) == 1 && out[0] == 3 && get(&queue) == 1 && out[0] == 5 && get(&queue) == -EAGAIN);
  for (int i = 0; i < 5; i++) CHECK(pp_queue_mark_done(&queue) == 0);
  CHECK(pp_queue_mark_done(&queue) == -EINVAL && pp_queue_check_joined(&queue, 1) == 0 && count(&queue).abandoned == 0);
  pp_queue_detach(&queue);
}

static void shutting_down(int redeliver) {
  struct pp_queue queue = make_queue(MIB, 0, redeliver), other = attach(&queue);
  CHECK(put(&queue, 1, 1) == 0 && pp_queue_shut(&queue, 0) == 0 && put(&other, 1, 2) == -ESHUTDOWN);
  CHECK(get(&other) == 1 && get(&other) == -ESHUTDOWN && pp_queue_can_get(&other) == 1 && count(&queue).shut_down == 1);
  CHECK(pp_queue_check_joined(&queue, 1) == -EAGAIN && pp_queue_mark_done(&other) == 0 && pp_queue_check_joined(&queue, 0) == 0);
  pp_queue_detach(&other);
  pp_queue_detach(&queue);
}

/* What a shutdown dropped does not come back, nor what was in the hands of those who leave later. */
static void dropping(int redeliver) {
  struct pp_queue queue = make_queue(MIB, 0, redeliver);
  struct pp_queue first = attach(&queue), second = attach(&queue);
  for (int i = 0; i < 4; i++) CHECK(put(&queue, 1, i) == 0);
  CHECK(get(&first) == 1 && get(&second) == 1);
  pp_queue_detach(&first);
  CHECK(pp_queue_shut(&queue, 1) == 0 && get(&queue) == -ESHUTDOWN && count(&queue).size == 0);
  pp_queue_detach(&second);
  CHECK(get(&queue) == -ESHUTDOWN && count(&queue).size == 0 && count(&queue).unfinished == 0);
  CHECK(pp_queue_shut(&queue, 0) == 0 && pp_queue_shut(&queue, 1) == 0 && get(&queue) == -ESHUTDOWN);
  while (pp_queue_check_joined(&queue, 0) > 0) continue;
  CHECK(pp_queue_check_joined(&queue, 0) == 0);
  pp_queue_detach(&queue);
}

static void places(void) {
  struct pp_queue queue = make_queue(MIB, 0, 0), one = attach(&queue);
  uint32_t index = pp_owner_index(one.scope.me);
  pp_owner before = one.scope.me;
  pp_queue_detach(&one);
  one = attach(&queue);
  CHECK(pp_owner_index(one.scope.me) == index && one.scope.me != before);
  CHECK(pp_owner_dead(&queue.segment, queue.header->participants, before) == 1);
  CHECK(pp_owner_dead(&queue.segment, queue.header->participants, one.scope.me) == 0);
  CHECK(pp_owner_dead(&queue.segment, queue.header->participants, pp_owner_of(1000, 1)) == -EBADMSG);
  /* A child that dies with an item and both locks is cleaned up by who comes in its place. */
  CHECK(put(&queue, 1, 1) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    struct pp_queue own = attach(&queue);
    CHECK(pp_owner_index(own.scope.me) == index + 1 && get(&own) == 1);
    atomic_store(&own.header->get_lock, own.scope.me);
    atomic_store(&own.header->put_lock, own.scope.me);
    _exit(0);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  struct pp_queue heir = attach(&queue);
  CHECK(pp_owner_index(heir.scope.me) == index + 1 && atomic_load(&queue.header->get_lock) == 0);
  CHECK(put(&heir, 1, 2) == 0 && get(&queue) == 1 && out[0] == 2 && count(&queue).abandoned == 1 && count(&queue).participants == 3);
  pp_queue_detach(&heir);
  /* One more than there are places for. */
  struct rlimit limit = {8192, 8192};
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0 || (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 2 * PP_PARTICIPANTS + 64)) {
    static struct pp_queue many[PP_PARTICIPANTS];
    for (int i = 2; i < PP_PARTICIPANTS; i++) many[i] = attach(&queue);
    struct pp_queue last;
    CHECK(pp_queue_attach(&last, dup(queue.segment.fd)) == -EMFILE && count(&queue).participants == PP_PARTICIPANTS);
    for (int i = 2; i < PP_PARTICIPANTS; i++) pp_queue_detach(&many[i]);
    CHECK(count(&queue).participants == 2);
  }
  pp_queue_detach(&one);
  pp_queue_detach(&queue);
}

/* A file of this size and these seals with the header's first bytes; what attaching to it says. */
static int attach_to(uint64_t size, int seals, const void *header, size_t length) {
  struct pp_queue queue;
  int fd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0 && pwrite(fd, header, length, 0) == (ssize_t)length && fcntl(fd, F_ADD_SEALS, seals) == 0);
  int status = pp_queue_attach(&queue, fd);
  if (status == 0) pp_queue_detach(&queue);
  else CHECK(fcntl(fd, F_GETFD) < 0);
  return status;
}

static void garbage(void) {
  struct pp_queue queue = make_queue(MIB, 0, 0), none;
  struct pp_queue_header header;
  int seals = F_SEAL_SHRINK | F_SEAL_GROW;
  uint64_t size = queue.segment.size;
  memcpy(&header, queue.header, sizeof header);
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
  CHECK(pp_queue_attach(&none, open("/dev/null", O_RDWR)) == -EBADMSG && pp_queue_attach(&none, open("/", O_RDONLY)) == -EBADMSG);
  CHECK(pp_queue_attach(&none, -1) == -EBADF);
  /* What a liar writes later is an error too, at once. */
  atomic_store(&queue.header->put_lock, 0x7ffu);
  CHECK(put(&queue, 1, 1) == -EBADMSG);
  atomic_store(&queue.header->put_lock, 0);
  for (int copy = 0; copy < 2; copy++) atomic_store(&queue.header->get_fields[copy][HEAD], 1ull << 63);
  CHECK(put(&queue, 1, 1) == -EBADMSG && get(&queue) == -EBADMSG && pp_queue_mark_done(&queue) == -EBADMSG);
  pp_queue_detach(&queue);
}

/* Without memory a put is refused, and nothing has changed. */
static void no_memory(void) {
  struct pp_queue queue = make_queue(16 * MIB, 0, 0);
  CHECK(put(&queue, 1, 1) == 0);
  memory_left = 2 * MIB;
  int status = 0, items = 0;
  while ((status = put(&queue, 100000, 2)) == 0) items++;
  CHECK(status == -ENOSPC && items >= 20 && items < 32 && count(&queue).size == (uint64_t)items + 1);
  struct pp_queue none;
  CHECK(pp_queue_make_sized(&none, MIB, 0, 0) == -ENOSPC);
  memory_left = INT64_MAX;
  CHECK(put(&queue, 100000, 3) == 0);
  CHECK(get(&queue) == 1);
  for (int i = 0; i < items; i++) CHECK(get(&queue) == 100000 && out[0] == 2);
  CHECK(get(&queue) == 100000 && out[0] == 3);
  pp_queue_detach(&queue);
}

int main(void) {
  sizes();
  wrap(0);
  wrap(1);
  room_by_done();
  maxsize();
  done_and_join();
  redeliver_order();
  shutting_down(0);
  shutting_down(1);
  dropping(0);
  dropping(1);
  places();
  garbage();
  no_memory();
  printf("the queue's edges: as they should be\n");
  return 0;
}
