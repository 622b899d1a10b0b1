/* A queue, while another process writes anything into its shared memory, between any two calls and before a participant joins. Every call
 * must end soon, and must touch nothing outside of the memory. */
#include <stdlib.h>
#include <unistd.h>

#include "../harness.h"
#include "input.h"
#include "queue/open.h"
#include "queue/queue.h"

#define MOST_STEPS 200
#define MIB (1u << 20)

static uint8_t bytes[MIB];

static void write_header(struct pp_queue *queue, struct input *input, size_t size) {
  size_t at = take(input, 2) % (sizeof(struct pp_queue_header) / size) * size;
  uint64_t value = take_number(input, queue->ring_size);
  memcpy((uint8_t *)queue->header + at, &value, size);
}

static void write_field(struct pp_queue *queue, struct input *input) {
  uint64_t which = take(input, 1);
  for (int copy = 0; copy < 2; copy++) {
    _Atomic uint64_t *fields = which < 64 ? queue->header->put_fields[copy] : queue->header->get_fields[copy];
    _Atomic uint64_t *field = &fields[which % (which < 64 ? QUEUE_PUT_FIELDS : QUEUE_GET_FIELDS)];
    uint64_t about = (which & 32) != 0 ? atomic_load(field) : queue->ring_size;
    struct input same = *input;
    atomic_store(field, take_number(copy == 0 ? &same : input, about));
  }
}

static void write_lock(struct pp_queue *queue, struct input *input) {
  uint64_t which = take(input, 1);
  pp_word *word = which & 1 ? &queue->header->put_lock : &queue->header->get_lock;
  atomic_store(word, which & 2 ? (uint32_t)take(input, 4) : pp_owner_of((uint32_t)which / 64, (uint32_t)(which / 4 % 4)) | (which & 32 ? PP_ROBUST_LOCK_WAITERS : 0));
}

static void write_participant(struct pp_queue *queue, struct input *input) {
  struct pp_participant *participant = &queue->header->participants[take(input, 1)];
  atomic_store(&participant->used, (uint32_t)take(input, 1) & 1);
  atomic_store(&participant->taken, take_number(input, 4096));
  atomic_store(&participant->generation, (uint32_t)take(input, 1));
  atomic_store(&queue->header->highest, (uint32_t)take(input, 1) * 16);
}

static void write_ring(struct pp_queue *queue, struct input *input) {
  /* Most of the records lie at the start of the ring. */
  size_t at = take(input, 2) % 4096 * 4, where = take(input, 1) == 0 ? queue->ring_size - 16384 : 0;
  uint32_t value = (uint32_t)take_number(input, queue->scope.me);
  memcpy(queue->ring + where + at, &value, sizeof value);
}

static void get(int32_t queue, int32_t room, bool list) {
  /* The buffer has exactly this size, so that a write of one byte more is an error. */
  uint8_t *exact = malloc((size_t)room + 1);
  CHECK(exact != NULL);
  int32_t length = list ? pp_queue_get_list(queue, exact, room, 100, 0) : pp_queue_get(queue, exact, room, 0);
  CHECK(length <= room);
  free(exact);
}

/* One step of the other participant. Returns false if it closed the queue and could not open it again. */
static bool step(int32_t *handle, int fd, struct input *input) {
  struct pp_queue_stats stats;
  int32_t queue = *handle, room;
  struct pp_queue *inside = pp_queue_find(queue);
  switch (take(input, 1) % 17) {
    case 0: write_header(inside, input, 8); break;
    case 1: write_header(inside, input, 4); break;
    case 2: write_lock(inside, input); break;
    case 3: write_participant(inside, input); break;
    case 4: case 5: write_field(inside, input); break;
    case 6: write_ring(inside, input); break;
    case 7: pp_queue_put(queue, bytes, (int32_t)take(input, 1), 0); break;
    case 8: pp_queue_put(queue, bytes, (int32_t)take(input, 2) * 8, 0); break;
    case 9: get(queue, (int32_t)take(input, 1) * 16, input->left & 1); break;
    case 10: get(queue, 65536, input->left & 1); break;
    case 11: pp_queue_task_done(queue); break;
    case 12: pp_queue_join(queue, (int)take(input, 1) & 1); break;
    case 13: pp_queue_stats(queue, &stats); break;
    case 14: pp_queue_poll(queue); if (take(input, 1) < 8) pp_queue_shutdown(queue, input->left & 1); break;
    /* A list of empty items. */
    case 15: pp_queue_put_list(queue, bytes, (int32_t)take(input, 1) * 4, &room); break;
    default:
      /* A new participant takes the place of this one and meets the damage at once. */
      CHECK(pp_queue_close(queue) == 0);
      *handle = pp_queue_open(-1, dup(fd));
      return *handle >= 0;
  }
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint64_t ring_sizes[] = {MIB, 16 * MIB, 1u << 16};
  struct input input = {data, size};
  uint64_t kind = take(&input, 1);
  int32_t made = pp_queue_make_sized(-1, ring_sizes[kind / 4 % 3], kind & 2 ? 3 : 0, kind & 1);
  CHECK(made >= 0);
  int fd = dup(pp_queue_fd(made));
  int32_t other = pp_queue_open(-1, dup(fd));
  if (other >= 0) {
    bool here = true;
    for (int i = 0; i < MOST_STEPS && input.left > 0 && here; i++) here = step(&other, fd, &input);
    if (here) CHECK(pp_queue_close(other) == 0);
  }
  CHECK(pp_queue_close(made) == 0);
  close(fd);
  return 0;
}
