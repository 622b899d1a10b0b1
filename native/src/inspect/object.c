#include "inspect/object.h"

#include <errno.h>
#include <stddef.h>

#include "inspect/view.h"
#include "polyproc.h"
#include "queue/open.h"
#include "queue/state.h"
#include "sync/kinds.h"

static int64_t holder_of(const struct pp_participant *table, const pp_word *lock) {
  pp_owner owner = atomic_load(lock) & PP_OWNER_MASK;
  uint32_t index = pp_owner_index(owner);
  if (owner == 0) return 0;
  return index < PP_PARTICIPANTS && pp_owner_of(index, atomic_load(&table[index].generation)) == owner ? (int64_t)index + 1 : -1;
}

/* Queues that are busy change so fast that their two snapshots are never seen at one moment. */
static int read_queue(const struct pp_queue *queue, pp_put_state put, pp_get_state get) {
  int status = pp_queue_read_both(queue, put, get);
  if (status != -EBUSY) return status;
  status = pp_queue_read_get(queue, get);
  return status < 0 ? status : pp_queue_read_put(queue, put);
}

static int inspect_queue(const struct pp_segment *segment, int64_t *facts) {
  struct pp_queue queue = {.segment = *segment};
  int status = pp_queue_check(&queue);
  pp_put_state put;
  pp_get_state get;
  if (status == 0) status = read_queue(&queue, put, get);
  if (status < 0) return status;
  const struct pp_queue_header *header = queue.header;
  const int64_t numbers[] = {(int64_t)(put[QUEUE_PUTS] - get[QUEUE_OUT]),
                             (int64_t)queue.maxsize,
                             (int64_t)put[QUEUE_PUTS],
                             (int64_t)get[QUEUE_GETS],
                             (int64_t)get[QUEUE_LOST],
                             (int64_t)get[QUEUE_REDELIVERED],
                             (int64_t)(put[QUEUE_PUTS] - get[QUEUE_DONE]),
                             put[QUEUE_SHUT] != 0,
                             queue.redeliver,
                             holder_of(header->participants, &header->put_lock),
                             holder_of(header->participants, &header->get_lock)};
  facts[INSPECT_KIND] = PP_QUEUE;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) facts[INSPECT_NUMBERS + i] = numbers[i];
  return 0;
}

static int inspect_sync(struct pp_sync *sync, int64_t *facts) {
  int status = pp_sync_check(sync);
  if (status < 0) return status;
  facts[INSPECT_KIND] = sync->header->kind;
  if (sync->kind->is_lock_word) facts[INSPECT_HOLDER] = holder_of(sync->header->participants, &sync->header->lock);
  sync->kind->inspect(sync, facts + INSPECT_NUMBERS);
  return 0;
}

static int add_rows(const struct pp_segment *segment, const struct pp_sync *sync, int64_t *facts, int32_t max) {
  const struct pp_participant *table =
      sync == NULL ? ((const struct pp_queue_header *)(const void *)segment->base)->participants : sync->header->participants;
  int32_t count = PP_INSPECTED;
  for (uint32_t i = 0; i < PP_PARTICIPANTS && count + INSPECT_ROW <= max; i++) {
    uint32_t used = atomic_load(&table[i].used);
    if (used == 0) continue;
    int64_t *row = facts + count;
    row[INSPECT_INDEX] = i;
    row[INSPECT_WAITS] = used & ~PP_USED;
    row[INSPECT_HAS] = sync == NULL ? (int64_t)(atomic_load(&table[i].taken) & QUEUE_UNDONE) : sync->kind->has == NULL ? 0 : sync->kind->has(sync, i);
    row[INSPECT_BELL] = (int64_t)atomic_load(&table[i].bell);
    facts[INSPECT_ROWS]++;
    count += INSPECT_ROW;
  }
  return count;
}

int32_t pp_inspect_object(int32_t pid, int32_t fd, int64_t *facts, int32_t max) {
  struct pp_segment segment;
  uint64_t inode;
  if (max < PP_INSPECTED) return -EINVAL;
  int status = pp_view_open(&segment, pid, fd, &inode);
  if (status < 0) return status;
  for (int i = 0; i < PP_INSPECTED; i++) facts[i] = 0;
  facts[INSPECT_INODE] = (int64_t)inode;
  struct pp_sync sync = {.segment = segment};
  status = inspect_sync(&sync, facts);
  bool is_sync = status == 0;
  if (status == -EBADMSG) status = inspect_queue(&segment, facts);
  if (status == 0) status = add_rows(&segment, is_sync ? &sync : NULL, facts, max);
  pp_view_close(&segment);
  return status;
}
