/* Locks, semaphores, events, conditions, barriers and shared memory, while another process writes anything into their memory. */
#include <unistd.h>

#include "../harness.h"
#include "input.h"
#include "inspect/object.h"
#include "polyproc.h"
#include "sync/object.h"

#define MOST_STEPS 200

static void write_some(struct pp_sync_header *header, struct input *input) {
  uint64_t which = take(input, 1);
  if (which < 32) {
    size_t at = take(input, 2) % (sizeof *header / 4) * 4;
    uint32_t value = (uint32_t)take_number(input, 4096);
    memcpy((uint8_t *)header + at, &value, sizeof value);
  } else if (which < 64) header->settings[which & 1] = (int32_t)take_number(input, 4);
  else if (which < 128) atomic_store(&header->state[which & 1], take_number(input, 4));
  else if (which < 160) {
    struct pp_participant *participant = &header->participants[take(input, 1) % 8];
    atomic_store(&participant->used, (uint32_t)which & 1);
    atomic_store(&participant->taken, take_number(input, 4));
    atomic_store(&header->highest, (uint32_t)take(input, 2));
  } else if (which < 224) atomic_store(&header->waiters[take(input, 1)], take_number(input, 4) << 32 | take(input, 2));
  else atomic_store(which & 1 ? &header->lock : &header->guard, (uint32_t)take(input, which & 2 ? 1 : 4));
}

static void call(int32_t sync, enum pp_kind kind, struct input *input) {
  int32_t fields[3], argument = (int32_t)take(input, 1) - 4;
  uint64_t which = take(input, 1);
  pp_sync_sweep(sync);
  switch (kind) {
    case PP_LOCK:
      if (which & 1) pp_lock_acquire(sync, argument, 0);
      else pp_lock_release(sync, which & 2);
      CHECK(pp_lock_depth(sync) >= 0 || !"a depth below 0");
      break;
    case PP_SEMAPHORE:
      if (which & 1) pp_semaphore_acquire(sync);
      else pp_semaphore_release(sync);
      CHECK(pp_semaphore_value(sync) >= 0 || argument < 256);
      break;
    case PP_EVENT:
      if (which & 1) pp_event_set(sync);
      else pp_event_clear(sync);
      pp_event_look(sync);
      break;
    case PP_CONDITION:
      if (which % 3 == 0) pp_condition_enter(sync);
      else if (which % 3 == 1) pp_condition_notify(sync, argument);
      else if (pp_condition_notified(sync, argument) >= 0) pp_condition_leave(sync, argument);
      break;
    default:
      if (which & 1) pp_barrier_arrive(sync, fields);
      else pp_barrier_end(sync, (int)which / 2 % 3, -1);
      pp_barrier_look(sync, argument);
      pp_barrier_state(sync, fields);
  }
}

static void look_at(int fd) {
  int64_t facts[PP_INSPECTED + 8 * INSPECT_ROW];
  int32_t count = pp_inspect_object(getpid(), fd, facts, sizeof facts / sizeof *facts);
  CHECK(count < 0 || count == PP_INSPECTED + facts[INSPECT_ROWS] * INSPECT_ROW);
}

static void play_sync(enum pp_kind kind, struct input *input) {
  int32_t made = pp_sync_make(-1, kind, (int32_t)take(input, 1) % 5, (int32_t)take(input, 1) % 4);
  CHECK(made >= 0);
  int fd = dup(pp_sync_fd(made));
  int32_t other = pp_sync_open(-1, dup(fd), kind);
  struct pp_sync_header *header = pp_sync_find(made, kind)->header;
  for (int i = 0; i < MOST_STEPS && input->left > 0 && other >= 0; i++) {
    uint64_t what = take(input, 1);
    if (what < 96) write_some(header, input);
    else if (what < 232) call(other, kind, input);
    else if (what < 240) look_at(fd);
    else {
      pp_sync_close(other);
      other = pp_sync_open(-1, dup(fd), kind);
    }
  }
  if (other >= 0) pp_sync_close(other);
  CHECK(pp_sync_close(made) == 0);
  close(fd);
}

/* Any process that has the memory can write into the page with the header. */
static void play_memory(struct input *input) {
  uint64_t size = take(input, 2) + 1, range[2];
  uint8_t bytes[64];
  int32_t made = pp_memory_make(-1, "", &size);
  CHECK(made >= 0 && pp_memory_address(made, range) == 0);
  uint8_t *header = (uint8_t *)(uintptr_t)range[0] - 4096;
  int fd = dup(pp_memory_fd(made));
  for (int i = 0; i < 8 && input->left > 0; i++) {
    uint64_t value = take_number(input, size);
    memcpy(header + take(input, 1) % 4 * 8, &value, sizeof value);
    int32_t other = pp_memory_open(-1, dup(fd));
    if (other < 0) continue;
    CHECK(pp_memory_address(other, range) == 0 && range[1] <= ((size + 4095) & ~4095ull));
    for (uint64_t at = 0; at < range[1]; at += 64) ((volatile uint8_t *)(uintptr_t)range[0])[at]++;
    uint64_t part[2] = {take_number(input, size), take(input, 1) % sizeof bytes};
    if (pp_memory_read(other, part, bytes) == 0) CHECK(part[0] + part[1] <= ((size + 4095) & ~4095ull));
    pp_memory_write(other, part, bytes);
    pp_memory_close(other);
  }
  CHECK(pp_memory_close(made) == 0);
  close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input input = {data, size};
  enum pp_kind kind = (enum pp_kind)(PP_LOCK + take(&input, 1) % 6);
  if (kind == PP_MEMORY) play_memory(&input);
  else play_sync(kind, &input);
  return 0;
}
