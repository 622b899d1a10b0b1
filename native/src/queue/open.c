/* Making, opening and closing a queue. */
#include "queue/open.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "queue/recover.h"
#include "queue/ring.h"
#include "wait/sleeper.h"

#define MAGIC 0x31515050594c4f50ull /* "POLYPPQ1" */
#define VERSION 1

static const uint64_t ring_sizes[] = {64ull << 30, 8ull << 30, 4ull << 30};

static uint64_t header_size(void) { return (sizeof(struct pp_queue_header) + 4095) & ~4095ull; }

static void close_queue(void *object, int owner_ended) {
  (void)owner_ended;
  struct pp_queue *queue = object;
  pp_sleeper_forget(queue);
  pp_queue_leave(queue);
  pp_segment_close(&queue->segment);
  free(queue);
}

static int32_t add_handle(struct pp_queue *queue, int status, int32_t inbox) {
  if (status == 0) return pp_handle_add(PP_QUEUE, inbox, queue, close_queue);
  pp_segment_close(&queue->segment);
  free(queue);
  return status;
}

static int make_segment(struct pp_segment *segment, uint64_t ring_size) {
  int status = pp_segment_make(segment, header_size() + ring_size);
  if (status == 0) status = pp_segment_fill(segment, 0, header_size());
  if (status < 0) pp_segment_close(segment);
  return status;
}

static void write_header(struct pp_queue *queue, uint64_t maxsize, int redeliver) {
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
  atomic_store(&queue->header->ready, 1);
}

static int check_header(struct pp_queue *queue) {
  const struct pp_queue_header *header = (const struct pp_queue_header *)(void *)queue->segment.base;
  uint64_t size = header_size();
  if (queue->segment.size < size || header->magic != MAGIC || atomic_load(&header->ready) != 1) return -EBADMSG;
  if (header->version != VERSION) return -EPROTO;
  queue->ring_size = header->ring_size;
  queue->maxsize = header->maxsize;
  queue->redeliver = header->redeliver != 0;
  bool sane = header->header_size == size && queue->ring_size >= RING_CHUNK && queue->ring_size % 4096 == 0 &&
              queue->ring_size == queue->segment.size - size;
  return sane ? 0 : -EBADMSG;
}

static int open_file(struct pp_queue *queue, int fd) {
  *queue = (struct pp_queue){.segment.fd = -1};
  int status = pp_segment_open(&queue->segment, fd);
  if (status == 0) status = check_header(queue);
  if (status < 0) return status;
  queue->header = (struct pp_queue_header *)(void *)queue->segment.base;
  queue->ring = queue->segment.base + (queue->segment.size - queue->ring_size);
  return pp_queue_enter(queue);
}

/* Makes a queue with the first of these ring sizes that this process may have. */
static int32_t make(int32_t inbox, const uint64_t *sizes, size_t count, uint64_t maxsize, int redeliver) {
  struct pp_queue *queue = calloc(1, sizeof *queue);
  if (queue == NULL) return -ENOMEM;
  int status = -ENOMEM;
  for (size_t i = 0; i < count && (status == -ENOMEM || status == -EFBIG || status == -EINVAL); i++)
    status = make_segment(&queue->segment, sizes[i]);
  if (status == 0) {
    write_header(queue, maxsize, redeliver);
    status = pp_queue_enter(queue);
  }
  return add_handle(queue, status, inbox);
}

int32_t pp_queue_make_sized(int32_t inbox, uint64_t ring_size, uint64_t maxsize, int redeliver) {
  return make(inbox, &ring_size, 1, maxsize, redeliver);
}

int32_t pp_queue_make(int32_t inbox, const uint64_t *maxsize, int32_t redeliver) {
  /* The ring is sparse and costs address space only. Where address space or file size is limited, a smaller ring may still fit. */
  return make(inbox, ring_sizes, sizeof ring_sizes / sizeof *ring_sizes, *maxsize, redeliver);
}

int32_t pp_queue_open(int32_t inbox, int32_t fd) {
  struct pp_queue *queue = malloc(sizeof *queue);
  if (queue != NULL) return add_handle(queue, open_file(queue, fd), inbox);
  close(fd);
  return -ENOMEM;
}

int32_t pp_queue_close(int32_t index) { return pp_handle_close(index, PP_QUEUE); }

int32_t pp_queue_fd(int32_t index) {
  const struct pp_queue *queue = pp_queue_find(index);
  return queue == NULL ? -EBADF : queue->segment.fd;
}
