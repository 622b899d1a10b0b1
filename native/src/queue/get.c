/* Taking items. A get copies the record at HEAD out and then commits one snapshot. A process that is killed before the commit has changed
 * nothing. After the commit, at most the log entry is left for the next holder of the get lock to carry out.
 *
 * A call that takes several items commits once for all of them. In a queue that redelivers, it commits each of them, because the log entry
 * changes one record. In another queue, an item that is taken as a task, or that was given back, is taken by a call of its own for that reason. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/failpoint.h"
#include "queue/held.h"
#include "queue/list.h"
#include "queue/locks.h"
#include "queue/room.h"
#include "queue/state.h"
#include "queue/tidy.h"
#include "queue/waiting.h"

/* What a call takes: one item, or a list of up to `most`, and where it goes. */
struct taking {
  uint8_t *bytes;
  uint32_t room, most;
  bool is_list, as_task;
  uint32_t count, used; /* how many items were taken, and the bytes that they fill */
  bool more, objects;   /* whether items are left; whether the item has shared objects inside */
  bool keeps;           /* whether the ring kept items before */
};

/* Finds the item to take. Items that were given back come before those that were never taken. */
static int choose(const struct pp_queue *queue, const pp_put_state put, const pp_get_state get, struct pp_found *found) {
  if (get[QUEUE_BACK] == 0) return pp_ring_inspect_item(queue, get[QUEUE_HEAD], put[QUEUE_TAIL], found);
  int status = pp_ring_search(queue, get, get[QUEUE_FREE], pp_ring_is_state, pp_ring_returned(queue), found);
  return status == 0 ? -EBADMSG : status < 0 ? status : 0;
}

/* Copies an item out, and returns how many bytes that takes. -EMSGSIZE: there is too little room. */
static int copy_out(const struct pp_queue *queue, const struct taking *what, const struct pp_found *found) {
  uint32_t room = what->room - what->used, prefix = what->is_list ? LIST_LENGTH : 0;
  if (found->length > INT32_MAX - LIST_LENGTH) return -EBADMSG;
  /* An item with shared objects inside comes alone, because its receiver has more to do. */
  if (what->is_list && found->objects) return -EMSGSIZE;
  if (room < prefix || found->length > room - prefix) return -EMSGSIZE;
  uint8_t *to = what->bytes + what->used;
  if (what->is_list) pp_list_set_length(to, found->length);
  if (found->length > 0) memcpy(to + prefix, queue->ring + found->at % queue->ring_size + RING_RECORD, found->length); /* G2 */
  return (int)(prefix + found->length);
}

/* Writes into the snapshot that this participant has taken an item. */
static void note_taken(pp_get_state get, const struct pp_found *found) {
  if (get[QUEUE_BACK] > 0) get[QUEUE_BACK]--;
  else get[QUEUE_HEAD] = found->next;
  get[QUEUE_OUT]++;
  get[QUEUE_GETS]++;
}

/* Commits that this participant has taken the item, which is kept in the ring. */
static int commit_kept(struct pp_queue *queue, pp_get_state get, const struct pp_found *found) {
  pp_room_release_some(queue, get);
  pp_queue_set_log(get, QUEUE_LOG_STATE, found->at, queue->redeliver ? queue->scope.me : queue->scope.me | RING_ARRIVING);
  int status = pp_queue_commit_get(queue, get); /* G3, G4 */
  if (status < 0) return status;
  pp_held_add(&queue->held, found->at, queue->counted);
  queue->taken_at = found->at;
  queue->taken_kept = true;
  return 0;
}

/* Commits that this participant has taken `count` items, which are only counted. The memory of these items is needed until then. `returned` is
 * the record of the item if it was given back before. */
static int commit_counted(struct pp_queue *queue, pp_get_state get, const struct taking *what, uint64_t count, const struct pp_found *returned) {
  uint32_t index = pp_owner_index(queue->scope.me);
  uint64_t taken = ((atomic_load(&queue->header->participants[index].taken) & QUEUE_UNDONE) + count) | count << QUEUE_IN_HAND_SHIFT;
  pp_room_release_some(queue, get);
  if (!what->keeps) get[QUEUE_FREE] = get[QUEUE_HEAD];
  int status = returned != NULL ? pp_ring_free(queue, get, returned->at) : 0;
  pp_queue_set_log(get, returned != NULL ? QUEUE_LOG_COUNTED : QUEUE_LOG_TAKEN, index, taken);
  get[QUEUE_LOG_RECORD] = returned != NULL ? returned->at : 0;
  if (status == 0) status = pp_queue_commit_get(queue, get); /* G3, G4 */
  if (status < 0) return status;
  queue->counted += count;
  queue->taken_kept = false;
  return get[QUEUE_FREE] == get[QUEUE_HEAD] ? 0 : pp_tidy_some(queue, get);
}

static int take_one(struct pp_queue *queue, const pp_put_state put, pp_get_state get, struct taking *what) {
  struct pp_found found;
  int status = choose(queue, put, get, &found);
  if (status < 0) return status;
  int size = copy_out(queue, what, &found);
  if (size == -EMSGSIZE) queue->needed = (int32_t)found.length;
  if (size < 0) return size;
  FAILPOINT("get.copied");
  bool returned = get[QUEUE_BACK] > 0;
  if (what->as_task && !pp_held_make_room(&queue->held)) return -ENOMEM;
  note_taken(get, &found);
  if (queue->redeliver || what->as_task) status = commit_kept(queue, get, &found);
  else if (returned) status = commit_counted(queue, get, what, 1, &found);
  if (status < 0) return status;
  what->used += (uint32_t)size;
  what->count++;
  what->objects = found.objects;
  return 0;
}

static int get_locked(struct pp_queue *queue, struct taking *what) {
  pp_put_state put;
  pp_get_state get;
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return status;
  if (put[QUEUE_PUTS] == get[QUEUE_OUT]) return put[QUEUE_SHUT] != 0 ? -ESHUTDOWN : -EAGAIN;
  bool is_alone = what->as_task || (!queue->redeliver && get[QUEUE_BACK] > 0);
  if (is_alone) what->most = 1;
  what->keeps = get[QUEUE_FREE] != get[QUEUE_HEAD];
  do status = take_one(queue, put, get, what);
  while (status == 0 && what->count < what->most && put[QUEUE_PUTS] != get[QUEUE_OUT]);
  /* What ended the list is the next call's. */
  if (what->count == 0) return status;
  status = queue->redeliver || is_alone ? 0 : commit_counted(queue, get, what, what->count, NULL);
  if (status < 0) return status;
  FAILPOINT("get.committed");
  what->more = put[QUEUE_PUTS] != get[QUEUE_OUT];
  return (int)what->used;
}

/* The task is its caller's now. Nobody else changes the record as long as it says that the item is arriving, unless this process counts as dead. */
static void note_arrival(struct pp_queue *queue) {
  uint32_t arriving = queue->scope.me | RING_ARRIVING;
  atomic_compare_exchange_strong(&pp_ring_record(queue, queue->taken_at)->state, &arriving, queue->scope.me); /* G6 */
}

static int try_get(struct pp_queue *queue, struct taking *what) {
  pp_queue_note(queue);
  int status = pp_queue_lock_get(queue, QUEUE_LOCK_MS); /* G1 */
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  status = get_locked(queue, what);
  if (status >= 0 && !what->more) pp_room_rewind(queue);
  pp_queue_unlock_get(queue); /* G5 */
  FAILPOINT("get.unlocked");
  if (status < 0) return status;
  uint32_t index = pp_owner_index(queue->scope.me);
  if (what->more) pp_queue_announce(queue, PP_ITEMS, 1);
  pp_queue_announce(queue, PP_ROOM, (int)what->count);
  if (what->objects) atomic_fetch_add(&queue->header->holding[index], 1);
  if (what->as_task && !queue->redeliver) note_arrival(queue);
  else atomic_fetch_and(&queue->header->participants[index].taken, QUEUE_UNDONE); /* G6 */
  return status;
}

/* If the queue is empty, spins for a moment before it gives up. In a busy exchange this is cheaper than being woken. */
static int try_get_spinning(struct pp_queue *queue, struct taking *what) {
  int status = try_get(queue, what);
  const pp_word *word = &queue->header->notices[PP_ITEMS].sequence;
  if (status != -EAGAIN || !pp_spin(&queue->spinner, word, queue->seen[PP_ITEMS])) return status;
  return try_get(queue, what);
}

static int32_t get_some(int32_t index, struct taking *what, int32_t room, int32_t ms) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL || room < 0) return queue == NULL ? -EBADF : -EINVAL;
  what->room = (uint32_t)room;
  if (ms < 0) return try_get(queue, what);
  int status = try_get_spinning(queue, what);
  if (ms == 0 || (status != -EAGAIN && status != -EBUSY)) return status;
  pp_queue_sleep(queue, status == -EBUSY ? PP_GET_LOCK : PP_ITEMS, ms);
  return try_get_spinning(queue, what);
}

int32_t pp_queue_get(int32_t index, uint8_t *bytes, int32_t room, int32_t ms) {
  struct taking what = {.bytes = bytes, .most = 1};
  return get_some(index, &what, room, ms);
}

int32_t pp_queue_get_task(int32_t index, uint8_t *bytes, int32_t room, int32_t ms) {
  struct taking what = {.bytes = bytes, .most = 1, .as_task = true};
  return get_some(index, &what, room, ms);
}

int32_t pp_queue_taken(int32_t index, uint64_t *at) {
  const struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  *at = queue->taken_at;
  return queue->taken_kept;
}

int32_t pp_queue_get_list(int32_t index, uint8_t *list, int32_t room, int32_t most, int32_t ms) {
  if (most < 1) return -EINVAL;
  struct taking what = {.bytes = list, .most = most < QUEUE_MOST_AT_ONCE ? (uint32_t)most : QUEUE_MOST_AT_ONCE, .is_list = true};
  return get_some(index, &what, room, ms);
}

int32_t pp_queue_needed(int32_t index) {
  const struct pp_queue *queue = pp_queue_find(index);
  return queue == NULL ? -EBADF : queue->needed;
}

int32_t pp_queue_poll(int32_t index) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  pp_put_state put;
  pp_get_state get;
  pp_queue_note(queue);
  int status = pp_queue_read_both(queue, put, get);
  if (status < 0) return pp_queue_note_busy(queue, PP_GET_LOCK, status);
  return put[QUEUE_PUTS] != get[QUEUE_OUT] || put[QUEUE_SHUT] != 0;
}

int32_t pp_queue_settle(int32_t index) {
  struct pp_queue *queue = pp_queue_find(index);
  if (queue == NULL) return -EBADF;
  atomic_fetch_sub(&queue->header->holding[pp_owner_index(queue->scope.me)], 1);
  return 0;
}
