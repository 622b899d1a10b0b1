/* Making, opening and closing a queue. */
#include "queue/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/room_left.h"
#include "queue/recover.h"
#include "queue/ring.h"
#include "wait/inbox.h"
#include "wait/sleeper.h"

#define MAGIC 0x31515050594c4f50ull /* "POLYPPQ1" */
#define VERSION 5

/* A ring costs addresses only, until it is used. Most processes can have some 8,000 of this size, and it has room for the largest message in
 * any position. */
#define RING_LARGEST (8ull << 30)
/* A ring takes at most this part of the addresses that are left, because the runtime and other objects need some, too. */
#define SHARE 16

static uint64_t header_size(void) { return (sizeof(struct pp_queue_header) + 4095) & ~4095ull; }

static bool is_ring_size(uint64_t size) { return size >= RING_SMALLEST && (size & (size - 1)) == 0; }

static void close_queue(void *object, int owner_ended) {
  (void)owner_ended;
  struct pp_queue *queue = object;
  pp_sleeper_forget(queue);
  pp_queue_leave(queue);
  pp_segment_close(&queue->segment);
  free(queue->held.items);
  free(queue);
}

static int32_t add_handle(struct pp_queue *queue, int status, int32_t inbox) {
  if (status == 0) return pp_handle_add(PP_QUEUE, inbox, queue, close_queue);
  pp_segment_close(&queue->segment);
  free(queue);
  return status;
}

/* Every copy of this descriptor shares the lock, and no other way of opening the file does. */
static int mark_in_use(const struct pp_segment *segment) {
  struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = QUEUE_IN_USE, .l_len = 1};
  return fcntl(segment->fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

static int make_segment(struct pp_segment *segment, uint64_t ring_size) {
  int status = pp_segment_make(segment, header_size() + ring_size);
  if (status == 0) status = mark_in_use(segment);
  if (status == 0) status = pp_segment_fill(segment, 0, header_size());
  if (status < 0) pp_segment_close(segment);
  return status;
}

static void write_header(struct pp_queue *queue, int32_t inbox, uint64_t maxsize, int redeliver) {
  queue->ring_size = queue->segment.size - header_size();
  queue->maxsize = maxsize;
  queue->redeliver = redeliver != 0;
  queue->header = (struct pp_queue_header *)(void *)queue->segment.base;
  queue->ring = queue->segment.base + header_size();
  queue->header->magic = MAGIC;
  queue->header->version = VERSION;
  queue->header->header_size = (uint32_t)header_size();
  queue->header->ring_size = queue->ring_size;
  queue->header->maxsize = maxsize;
  queue->header->redeliver = redeliver != 0;
  struct pp_bell bell = pp_inbox_bell(inbox);
  memcpy(queue->header->folder, bell.folder, sizeof bell.folder);
  atomic_store(&queue->header->ready, 1);
}

int pp_queue_check(struct pp_queue *queue) {
  const struct pp_queue_header *header = (const struct pp_queue_header *)(void *)queue->segment.base;
  uint64_t size = header_size();
  if (queue->segment.size < size || header->magic != MAGIC || atomic_load(&header->ready) != 1) return -EBADMSG;
  if (header->version != VERSION) return -EPROTO;
  queue->ring_size = header->ring_size;
  queue->maxsize = header->maxsize;
  queue->redeliver = header->redeliver != 0;
  queue->header = (struct pp_queue_header *)(void *)queue->segment.base;
  bool sane = header->header_size == size && is_ring_size(queue->ring_size) && queue->ring_size == queue->segment.size - size;
  return sane ? 0 : -EBADMSG;
}

static int open_file(struct pp_queue *queue, int32_t inbox, int fd) {
  *queue = (struct pp_queue){.segment.fd = -1};
  int status = pp_segment_open(&queue->segment, fd);
  if (status == 0) status = pp_queue_check(queue);
  if (status < 0) return status;
  queue->ring = queue->segment.base + (queue->segment.size - queue->ring_size);
  return pp_queue_enter(queue, inbox);
}

/* Returns the size of the largest ring that this process should have. */
static uint64_t largest_ring(void) {
  uint64_t addresses = pp_addresses_left() / SHARE, file = pp_file_size_limit(), size = RING_LARGEST;
  while (size > RING_SMALLEST && (size > addresses || header_size() + size > file)) size /= 2;
  return size;
}

int32_t pp_queue_make_sized(int32_t inbox, uint64_t ring_size, uint64_t maxsize, int redeliver) {
  struct pp_queue *queue = is_ring_size(ring_size) ? calloc(1, sizeof *queue) : NULL;
  if (queue == NULL) return is_ring_size(ring_size) ? -ENOMEM : -EINVAL;
  int status = make_segment(&queue->segment, ring_size);
  if (status == 0) {
    write_header(queue, inbox, maxsize, redeliver);
    status = pp_queue_enter(queue, inbox);
  }
  return add_handle(queue, status, inbox);
}

int32_t pp_queue_make(int32_t inbox, const uint64_t *maxsize, int32_t redeliver) {
  int32_t index = -EADDRNOTAVAIL;
  /* Addresses may be scattered, so that a smaller ring still fits. */
  for (uint64_t size = largest_ring(); size >= RING_SMALLEST && (index == -EADDRNOTAVAIL || index == -EFBIG); size /= 2)
    index = pp_queue_make_sized(inbox, size, *maxsize, redeliver);
  return index;
}

int32_t pp_queue_open(int32_t inbox, int32_t fd) {
  struct pp_queue *queue = malloc(sizeof *queue);
  if (queue != NULL) return add_handle(queue, open_file(queue, inbox, fd), inbox);
  close(fd);
  return -ENOMEM;
}

int32_t pp_queue_close(int32_t index) { return pp_handle_close(index, PP_QUEUE); }

int32_t pp_queue_fd(int32_t index) {
  const struct pp_queue *queue = pp_queue_find(index);
  return queue == NULL ? -EBADF : queue->segment.fd;
}
