/* A queue in whose shared memory somebody else writes what it likes, between any two calls and before others come in: every call ends
 * soon, and touches nothing outside. */
#include <stdlib.h>
#include <unistd.h>

#include "../harness.h"
#include "input.h"
#include "queue.h"

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
    _Atomic uint64_t *field = &fields[which % (which < 64 ? PUT_FIELDS : GET_FIELDS)];
    uint64_t about = (which & 32) != 0 ? atomic_load(field) : queue->ring_size;
    struct input same = *input;
    atomic_store(field, take_number(copy == 0 ? &same : input, about));
  }
}

static void write_lock(struct pp_queue *queue, struct input *input) {
  uint64_t which = take(input, 1);
  pp_word *word = which & 1 ? &queue->header->put_lock : &queue->header->get_lock;
  atomic_store(word, which & 2 ? (uint32_t)take(input, 4) : pp_owner_of((uint32_t)which / 64, (uint32_t)(which / 4 % 4)) | (which & 32 ? PP_LOCK_WAITERS : 0));
}

static void write_participant(struct pp_queue *queue, struct input *input) {
  struct pp_participant *participant = &queue->header->participants[take(input, 1)];
  atomic_store(&participant->used, (uint32_t)take(input, 1) & 1);
  atomic_store(&participant->taken, take_number(input, 4096));
  atomic_store(&participant->generation, (uint32_t)take(input, 1));
  atomic_store(&queue->header->highest, (uint32_t)take(input, 1) * 16);
}

static void write_ring(struct pp_queue *queue, struct input *input) {
  /* Mostly where records are. */
  size_t at = take(input, 2) % 4096 * 4, where = take(input, 1) == 0 ? queue->ring_size - 16384 : 0;
  uint32_t value = (uint32_t)take_number(input, queue->scope.me);
  memcpy(queue->ring + where + at, &value, sizeof value);
}

/* Another participant comes to what it finds, and takes the other's place. */
static bool come_again(struct pp_queue *queue, int fd) {
  pp_queue_detach(queue);
  return pp_queue_attach(queue, dup(fd)) == 0;
}

static void get(struct pp_queue *queue, uint32_t room) {
  /* Of exactly this size, so that one byte more is seen. */
  uint8_t *exact = malloc(room + 1);
  CHECK(exact != NULL);
  int length = pp_queue_get_item(queue, exact, room, 0);
  CHECK(length <= (int)room);
  free(exact);
}

static bool step(struct pp_queue *queue, int fd, struct input *input) {
  struct pp_queue_stats stats;
  switch (take(input, 1) % 16) {
    case 0: write_header(queue, input, 8); break;
    case 1: write_header(queue, input, 4); break;
    case 2: write_lock(queue, input); break;
    case 3: write_participant(queue, input); break;
    case 4: case 5: write_field(queue, input); break;
    case 6: write_ring(queue, input); break;
    case 7: pp_queue_put_item(queue, bytes, (uint32_t)take(input, 1), 0); break;
    case 8: pp_queue_put_item(queue, bytes, (uint32_t)take(input, 2) * 8, 0); break;
    case 9: get(queue, (uint32_t)take(input, 1) * 16); break;
    case 10: get(queue, 65536); break;
    case 11: pp_queue_mark_done(queue); break;
    case 12: pp_queue_check_joined(queue, (int)take(input, 1) & 1); break;
    case 13: pp_queue_count(queue, &stats); break;
    case 14: pp_queue_can_get(queue); if (take(input, 1) < 8) pp_queue_shut(queue, input->left & 1); break;
    default: return come_again(queue, fd);
  }
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* The last is one in which no sum of laps is a power of two. */
  static const uint64_t ring_sizes[] = {MIB, 9 * MIB, MIB + 4096};
  struct input input = {data, size};
  uint64_t kind = take(&input, 1);
  struct pp_queue made, other;
  CHECK(pp_queue_make_sized(&made, ring_sizes[kind / 4 % 3], kind & 2 ? 3 : 0, kind & 1) == 0);
  int fd = dup(made.segment.fd);
  if (pp_queue_attach(&other, dup(fd)) == 0) {
    bool here = true;
    for (int i = 0; i < MOST_STEPS && input.left > 0 && here; i++) here = step(&other, fd, &input);
    if (here) pp_queue_detach(&other);
  }
  pp_queue_detach(&made);
  close(fd);
  return 0;
}
