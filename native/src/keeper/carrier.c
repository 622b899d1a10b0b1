#include "keeper/carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_status.h"
#include "queue/ring.h"
#include "queue/state.h"

/* An item that was taken from a queue that does not redeliver leaves no trace in the ring, unless it was taken as a task. It is in the hands of
 * a participant that has an item in hand now. So the items before `head`, which is where HEAD was, are gone once each such participant was seen
 * without one, but for those that the ring keeps. Those before `free`, which is where FREE was, are gone then, too. */
struct pp_carrier {
  struct pp_carrier *next;
  struct pp_queue queue; /* without a participant */
  int users;
  bool abandoned; /* no process has the queue open any more, or it is damaged */
  pp_put_state put;
  pp_get_state get;
  uint64_t gone; /* no item before this position can reach anybody, unless the ring keeps it */
  uint64_t all_gone; /* no item before this position can reach anybody */
  uint64_t head, free;
  bool suspects[PP_PARTICIPANTS];
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct pp_carrier *carriers;

/* Opens the file by a description of its own. The queue's own description carries a lock that tells whether anybody still has it. */
static bool open_file(struct pp_carrier *carrier, const struct pp_queue *queue) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", queue->segment.fd);
  struct pp_segment *segment = &carrier->queue.segment;
  *segment = (struct pp_segment){.fd = open(path, O_RDWR | O_CLOEXEC), .own_fd = -1, .size = queue->segment.size};
  if (segment->fd < 0) return false;
  if (pp_segment_map(segment) < 0) {
    pp_segment_close(segment);
    return false;
  }
  close(segment->fd);
  segment->fd = -1;
  carrier->queue.header = (struct pp_queue_header *)(void *)segment->base;
  carrier->queue.ring = segment->base + ((const uint8_t *)queue->ring - queue->segment.base);
  carrier->queue.ring_size = queue->ring_size;
  carrier->queue.redeliver = queue->redeliver;
  return true;
}

static bool is_of(const struct pp_carrier *carrier, const struct pp_queue *queue) {
  struct stat one, other;
  return pp_fstat(carrier->queue.segment.own_fd, &one) == 0 && pp_fstat(queue->segment.fd, &other) == 0 && one.st_ino == other.st_ino &&
         one.st_dev == other.st_dev;
}

struct pp_carrier *pp_carrier_open(int32_t index, uint64_t *position) {
  const struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return NULL;
  *position = queue->put_at;
  pthread_mutex_lock(&guard);
  struct pp_carrier *carrier = carriers;
  while (carrier != NULL && !is_of(carrier, queue)) carrier = carrier->next;
  if (carrier == NULL && (carrier = calloc(1, sizeof *carrier)) != NULL) {
    if (open_file(carrier, queue)) {
      carrier->next = carriers;
      carriers = carrier;
    } else {
      free(carrier);
      carrier = NULL;
    }
  }
  if (carrier != NULL) carrier->users++;
  pthread_mutex_unlock(&guard);
  return carrier;
}

void pp_carrier_drop(struct pp_carrier *carrier) {
  pthread_mutex_lock(&guard);
  if (--carrier->users == 0) {
    struct pp_carrier **link = &carriers;
    while (*link != carrier) link = &(*link)->next;
    *link = carrier->next;
    pp_segment_close(&carrier->queue.segment);
    free(carrier);
  }
  pthread_mutex_unlock(&guard);
}

/* The item may be given back, by its taker or because its taker dies. */
static bool is_kept(uint32_t state) { return state == RING_RETURNED || pp_ring_is_in_hand(state & ~RING_ARRIVING, 0); }

bool pp_carrier_may_give_back(const struct pp_carrier *carrier, uint64_t position) {
  return carrier->queue.redeliver || is_kept(atomic_load(&pp_ring_record(&carrier->queue, position)->state));
}

/* The description under which the queue was made is in each process that has it open, and in each message that brings it to one. */
static bool is_in_use(const struct pp_queue *queue) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = QUEUE_IN_USE, .l_len = 1};
  return fcntl(queue->segment.own_fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

static bool may_have_item(const struct pp_queue *queue, uint32_t index) {
  const struct pp_queue_header *header = queue->header;
  bool has = pp_queue_in_hand(atomic_load(&header->participants[index].taken)) != 0 || atomic_load(&header->holding[index]) != 0;
  return has && !pp_participant_gone(&queue->segment, index);
}

static void drop_suspects(struct pp_carrier *carrier) {
  bool any = false;
  for (uint32_t i = 0; i < PP_PARTICIPANTS; i++)
    if (carrier->suspects[i]) any |= carrier->suspects[i] = may_have_item(&carrier->queue, i);
  if (any) return;
  carrier->gone = carrier->head;
  carrier->all_gone = carrier->free;
}

static void look(struct pp_carrier *carrier) {
  struct pp_queue *queue = &carrier->queue;
  uint32_t select = atomic_load(&queue->header->get.select);
  int status = pp_queue_read_both(queue, carrier->put, carrier->get);
  if (status == -EBUSY) return;
  carrier->abandoned = status < 0 || !is_in_use(queue);
  if (queue->redeliver) return;
  drop_suspects(carrier);
  /* The taker's mark of an item is set just after HEAD was moved. */
  bool marked = atomic_load(&queue->header->get.select) == select && atomic_load(&queue->header->logged) == select;
  bool waits = carrier->gone != carrier->head || carrier->all_gone != carrier->free;
  bool moved = carrier->head != carrier->get[QUEUE_HEAD] || carrier->free != carrier->get[QUEUE_FREE];
  if (waits || !moved || !marked) return;
  carrier->head = carrier->get[QUEUE_HEAD];
  carrier->free = carrier->get[QUEUE_FREE];
  uint32_t highest = atomic_load(&queue->header->highest);
  for (uint32_t i = 0; i <= highest && i < PP_PARTICIPANTS; i++) carrier->suspects[i] = may_have_item(queue, i);
  drop_suspects(carrier);
}

void pp_carriers_look(void) {
  pthread_mutex_lock(&guard);
  for (struct pp_carrier *carrier = carriers; carrier != NULL; carrier = carrier->next) look(carrier);
  pthread_mutex_unlock(&guard);
}

static bool is_before(uint64_t position, uint64_t other) { return (int64_t)(position - other) < 0; }

bool pp_carrier_has(const struct pp_carrier *carrier, uint64_t position) {
  if (carrier->abandoned) return false;
  bool redeliver = carrier->queue.redeliver;
  if (!redeliver && !is_before(position, carrier->gone)) return true;
  if (!redeliver && is_before(position, carrier->all_gone)) return false;
  if (is_before(position, carrier->get[QUEUE_FREE])) return !redeliver;
  const struct pp_record *record = pp_ring_record(&carrier->queue, position);
  uint32_t state = atomic_load(&record->state);
  /* The memory of a finished record may have been given back, and reads as zeros. */
  if ((atomic_load(&record->length) & RING_OBJECTS) == 0) return false;
  if (state == pp_ring_returned(&carrier->queue)) return carrier->put[QUEUE_SHUT] != QUEUE_DROPPED;
  /* Whoever has taken an item that was given back may still want its objects. */
  return redeliver ? state != RING_FINISHED : state == RING_COUNTED || is_kept(state);
}
