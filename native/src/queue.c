/* The queue: one ring of records in a sparse memory file.
 *
 * A put copies its record behind TAIL and commits one snapshot; a get copies the record at HEAD out and commits one. Killed before its
 * commit, a process has changed nothing; killed after it, at most its redo log of one entry is left to be applied by who takes the
 * lock next. Positions only grow; position modulo ring_size is the place. The steps numbered here are those of model/queue.pml. */
#include "queue.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "failpoint.h"

#define MAGIC 0x31515050594c4f50ull /* "POLYPPQ1" */
#define VERSION 1
#define RECORD 16
#define CHUNK (1ull << 20)
#define KEEP (4ull << 20)      /* memory at the ring's start that is never given back */
#ifndef REWIND_AT
#define REWIND_AT (1ull << 20) /* an empty queue returns to memory that is warm */
#endif
#define HAND (1ull << 63)      /* in `taken`: the last item has not reached its caller */
#define MOST_STEPS (1u << 24)
#define LAST (1ull << 62)      /* no position is ever as far: sums stay in range */
#define WAIT_LOCK_MS 2

enum { ITEM = 0, SKIP = 1 };
enum { WAITING = 0, FINISHED = 0x7fffffff }; /* a record's state; otherwise its owner */
enum { LOG_NONE, LOG_TAKEN, LOG_STATE };
enum { DROPPED = 2 }; /* what SHUT says of a shutdown that drops everything */

struct record {
  _Atomic uint32_t length, kind;
  _Atomic uint32_t state, reserved;
};

typedef uint64_t put_state[PUT_FIELDS];
typedef uint64_t get_state[GET_FIELDS];

static uint64_t lap_start(const struct pp_queue *queue, uint64_t position) { return position - position % queue->ring_size; }
static uint64_t space(uint64_t length) { return RECORD + ((length + RECORD - 1) & ~(uint64_t)(RECORD - 1)); }
static struct record *record_at(const struct pp_queue *queue, uint64_t position) {
  return (struct record *)(void *)(queue->ring + position % queue->ring_size);
}

static int read_put(const struct pp_queue *queue, put_state put) {
  return pp_snapshot_read(&queue->header->put, &queue->header->put_fields[0][0], PUT_FIELDS, put);
}

static int read_get(const struct pp_queue *queue, get_state get) {
  int status = pp_snapshot_read(&queue->header->get, &queue->header->get_fields[0][0], GET_FIELDS, get);
  if (status < 0) return status;
  int sane = get[HEAD] < LAST && get[FREE] <= get[HEAD] && get[RELEASED] <= get[FREE] && get[HEAD] - get[RELEASED] <= queue->ring_size &&
             get[HEAD] % RECORD == 0 && get[FREE] % RECORD == 0 && get[RELEASED] % RECORD == 0;
  return sane ? 0 : -EBADMSG;
}

/* Both, as they were at one moment. */
static int read_both(const struct pp_queue *queue, put_state put, get_state get) {
  for (int tries = 0; tries < 1000; tries++) {
    uint32_t before = atomic_load(&queue->header->get.select);
    int status = read_get(queue, get);
    if (status == 0) status = read_put(queue, put);
    if (status < 0) return status;
    if (atomic_load(&queue->header->get.select) != before) continue;
    int sane = put[TAIL] < LAST && put[TAIL] >= get[HEAD] && put[TAIL] - get[RELEASED] <= queue->ring_size && put[TAIL] % RECORD == 0 &&
               put[PUTS] >= get[OUT] && put[PUTS] >= get[DONE];
    return sane ? 0 : -EBADMSG;
  }
  return -EBUSY;
}

static void commit_put(struct pp_queue *queue, const put_state put) {
  pp_snapshot_commit(&queue->header->put, &queue->header->put_fields[0][0], PUT_FIELDS, put);
}

static int apply_log(struct pp_queue *queue, const get_state get) {
  if (get[LOG] == LOG_TAKEN) {
    if (get[LOG_WHERE] >= PP_PARTICIPANTS) return -EBADMSG;
    atomic_store(&queue->header->participants[get[LOG_WHERE]].taken, get[LOG_VALUE]);
  } else if (get[LOG] == LOG_STATE) {
    if (get[LOG_WHERE] % RECORD != 0) return -EBADMSG;
    atomic_store(&record_at(queue, get[LOG_WHERE])->state, (uint32_t)get[LOG_VALUE]);
  }
  return 0;
}

/* Carries out what the last commit logged; doing it again changes nothing as long as it is not marked as done. */
static int finish_log(struct pp_queue *queue, const get_state get) {
  uint32_t select = atomic_load(&queue->header->get.select);
  if (atomic_load(&queue->header->logged) == select) return 0;
  int status = apply_log(queue, get);
  FAILPOINT("log.applied");
  atomic_store(&queue->header->logged, select);
  return status;
}

static int commit_get(struct pp_queue *queue, const get_state get) {
  pp_snapshot_commit(&queue->header->get, &queue->header->get_fields[0][0], GET_FIELDS, get);
  return finish_log(queue, get);
}

/* Whether no record is needed any more. */
static bool is_unused(const struct pp_queue *queue, const put_state put, const get_state get) {
  return put[PUTS] == (queue->redeliver ? get[DONE] : get[OUT]);
}

static void set_log(get_state get, uint64_t kind, uint64_t where, uint64_t value) {
  get[LOG] = kind;
  get[LOG_WHERE] = where;
  get[LOG_VALUE] = value;
}

static int lock_put(struct pp_queue *queue, int ms) {
  int status = pp_lock_take(&queue->scope, &queue->header->put_lock, ms);
  return status > 0 ? 0 : status;
}

/* Step G1, and R1 where its owner died: what that owner committed is carried out. */
static int lock_get(struct pp_queue *queue, int ms) {
  int status = pp_lock_take(&queue->scope, &queue->header->get_lock, ms);
  if (status <= 0) return status;
  get_state get;
  status = read_get(queue, get);
  if (status == 0) status = finish_log(queue, get);
  if (status < 0) pp_lock_release(&queue->header->get_lock);
  return status;
}

static void unlock_put(struct pp_queue *queue) { pp_lock_release(&queue->header->put_lock); }
static void unlock_get(struct pp_queue *queue) { pp_lock_release(&queue->header->get_lock); }

/* Tells `count` of those who wait. */
static void announce(struct pp_queue *queue, int what, int count) { pp_notice_give(&queue->header->notices[what], count); }

static void announce_all(struct pp_queue *queue) {
  for (int what = 0; what < PP_QUEUE_WORDS; what++) announce(queue, what, INT32_MAX);
}

/* What changes after this shows that a failed look may be repeated. */
static void note_words(struct pp_queue *queue) {
  for (int what = 0; what < PP_QUEUE_WORDS; what++) queue->seen[what] = atomic_load(&queue->header->notices[what].sequence);
}

static int note_busy(struct pp_queue *queue, int what, int status) {
  if (status == -EBUSY) queue->seen[what] = atomic_load(what == PP_GET_LOCK ? &queue->header->get_lock : &queue->header->put_lock);
  return status;
}

/* --- put --- */

/* An empty queue's readers start where its writers are; both locks are held. */
static int skip_to_tail(struct pp_queue *queue, const put_state put, get_state get) {
  if (!is_unused(queue, put, get) || get[RELEASED] == put[TAIL]) return 0;
  get[HEAD] = get[FREE] = get[RELEASED] = put[TAIL];
  set_log(get, LOG_NONE, 0, 0);
  return commit_get(queue, get);
}

/* Where a record of `need` bytes goes, or -EAGAIN while the ring has no room for it. */
static int place(struct pp_queue *queue, const put_state put, const get_state get, uint64_t need, uint64_t *at) {
  uint64_t lap = lap_start(queue, put[TAIL]);
  /* Room for a SKIP is left at the end of each lap. */
  *at = put[TAIL] - lap + need + RECORD <= queue->ring_size ? put[TAIL] : lap + queue->ring_size;
  return *at + need + RECORD - get[RELEASED] <= queue->ring_size ? 0 : -EAGAIN;
}

/* The memory of what is done is given back and may be used again. */
static void release(struct pp_queue *queue, get_state get) {
  uint64_t from = get[RELEASED] % queue->ring_size;
  uint64_t lap = lap_start(queue, get[RELEASED]);
  uint64_t end = lap_start(queue, get[FREE]) == lap ? get[FREE] - lap : queue->ring_size;
  uint64_t base = (uint64_t)(queue->ring - queue->segment.base);
  if (from < KEEP) from = KEEP;
  from = (from + 4095) & ~4095ull;
  end &= ~4095ull;
  if (end > from) pp_segment_punch(&queue->segment, base + from, end - from);
  get[RELEASED] = get[FREE];
}

/* Steps P1a to P1c, if the ring has room only when what is done is released: nobody may be left to take and release. */
static int make_room(struct pp_queue *queue, const put_state put, get_state get, uint64_t need, uint64_t *at) {
  int status = place(queue, put, get, need, at);
  if (status != -EAGAIN || (get[RELEASED] == get[FREE] && !is_unused(queue, put, get))) return status;
  status = lock_get(queue, WAIT_LOCK_MS); /* P1a */
  if (status < 0) return status;
  status = read_get(queue, get);
  if (status == 0 && is_unused(queue, put, get)) status = skip_to_tail(queue, put, get); /* P1b */
  else if (status == 0) {
    release(queue, get);
    set_log(get, LOG_NONE, 0, 0);
    status = commit_get(queue, get);
  }
  unlock_get(queue); /* P1c */
  return status < 0 ? status : place(queue, put, get, need, at);
}

static int fill(struct pp_queue *queue, put_state put, const get_state get, uint64_t at, uint64_t need) {
  uint64_t from = at % queue->ring_size;
  uint64_t filled = lap_start(queue, at) > put[TAIL] && put[FILLED] > KEEP ? KEEP : put[FILLED];
  if (filled > queue->ring_size) return -EBADMSG;
  uint64_t end = from + need + RECORD;
  if (end > filled) {
    uint64_t target = (end + CHUNK - 1) & ~(CHUNK - 1);
    /* Beyond what is released, memory may yet be given back. */
    uint64_t most = lap_start(queue, at) > lap_start(queue, get[RELEASED]) ? get[RELEASED] % queue->ring_size : queue->ring_size;
    if (target > most) target = most;
    if (target <= filled) return -EBADMSG;
    uint64_t base = (uint64_t)(queue->ring - queue->segment.base);
    int status = pp_segment_fill(&queue->segment, base + filled, target - filled);
    if (status < 0) return status;
    filled = target;
  }
  put[FILLED] = filled;
  return 0;
}

static void write_record(struct pp_queue *queue, uint64_t at, uint32_t kind, const uint8_t *bytes, uint32_t length) {
  struct record *record = record_at(queue, at);
  atomic_store_explicit(&record->length, length, memory_order_relaxed);
  atomic_store_explicit(&record->kind, kind, memory_order_relaxed);
  atomic_store_explicit(&record->state, WAITING, memory_order_relaxed);
  if (length > 0) memcpy(record + 1, bytes, length);
}

static int put_locked(struct pp_queue *queue, const uint8_t *bytes, uint32_t length) {
  put_state put;
  get_state get;
  uint64_t at, need = space(length);
  int status = read_both(queue, put, get);
  if (status < 0) return status;
  if (put[SHUT] != 0) return -ESHUTDOWN;
  if (queue->maxsize > 0 && put[PUTS] - get[OUT] >= queue->maxsize) return -EAGAIN;
  /* Half the ring has room wherever its end is. */
  if (2 * (need + RECORD) > queue->ring_size) return -EMSGSIZE;
  status = make_room(queue, put, get, need, &at);
  if (status == 0) status = fill(queue, put, get, at, need);
  if (status < 0) return status;
  FAILPOINT("put.before_copy");
  write_record(queue, at, ITEM, bytes, length); /* P2 */
  if (at != put[TAIL]) write_record(queue, put[TAIL], SKIP, NULL, 0);
  FAILPOINT("put.copied");
  put[TAIL] = at + need;
  put[PUTS]++;
  commit_put(queue, put); /* P3 */
  return 0;
}

int pp_queue_put_item(struct pp_queue *queue, const uint8_t *bytes, uint32_t length, int lock_ms) {
  note_words(queue);
  int status = lock_put(queue, lock_ms); /* P1 */
  if (status < 0) return note_busy(queue, PP_PUT_LOCK, status);
  status = put_locked(queue, bytes, length);
  unlock_put(queue); /* P4 */
  FAILPOINT("put.unlocked");
  if (status == 0) announce(queue, PP_ITEMS, 1); /* P5 */
  return status;
}

/* --- get --- */

/* In steps, so that small items cost nothing. */
static void release_some(struct pp_queue *queue, get_state get) {
  if (get[FREE] - get[RELEASED] >= (queue->ring_size / 4 < KEEP ? queue->ring_size / 4 : KEEP)) release(queue, get);
}

static bool may_rewind(const struct pp_queue *queue, put_state put, get_state get) {
  if (read_both(queue, put, get) < 0 || !is_unused(queue, put, get)) return false;
  return put[TAIL] % queue->ring_size >= REWIND_AT && get[RELEASED] >= lap_start(queue, put[TAIL]);
}

/* An empty queue goes back to the ring's start, where memory is there already. The get lock is held; the put lock only if it is free. */
static void rewind_empty(struct pp_queue *queue) {
  put_state put;
  get_state get;
  uint32_t none = 0;
  if (!may_rewind(queue, put, get)) return;
  if (!atomic_compare_exchange_strong(&queue->header->put_lock, &none, queue->scope.me)) return; /* G4a */
  if (may_rewind(queue, put, get)) {
    uint64_t high = put[FILLED];
    uint64_t base = (uint64_t)(queue->ring - queue->segment.base);
    write_record(queue, put[TAIL], SKIP, NULL, 0); /* G4b */
    put[TAIL] = lap_start(queue, put[TAIL]) + queue->ring_size;
    put[FILLED] = high < KEEP ? high : KEEP;
    commit_put(queue, put); /* G4c */
    FAILPOINT("rewind.half");
    skip_to_tail(queue, put, get); /* G4d */
    if (high > KEEP && high <= queue->ring_size) pp_segment_punch(&queue->segment, base + KEEP, high - KEEP);
  }
  unlock_put(queue); /* G4e */
}

struct found {
  uint64_t at;
  uint32_t length, kind, state;
};

/* Reads a record's header once, and checks that it lies inside what is published. */
static int inspect(const struct pp_queue *queue, uint64_t at, uint64_t end, struct found *found) {
  const struct record *record = record_at(queue, at);
  found->at = at;
  found->length = atomic_load_explicit(&record->length, memory_order_relaxed);
  found->kind = atomic_load_explicit(&record->kind, memory_order_relaxed);
  found->state = atomic_load_explicit(&record->state, memory_order_relaxed);
  if (at + RECORD > end || found->kind > SKIP) return -EBADMSG;
  if (found->kind == SKIP) return lap_start(queue, at) + queue->ring_size <= end ? 0 : -EBADMSG;
  uint64_t last = at % queue->ring_size + space(found->length);
  return last <= queue->ring_size && at + space(found->length) <= end ? 0 : -EBADMSG;
}

static uint64_t next_of(const struct pp_queue *queue, const struct found *found) {
  return found->kind == SKIP ? lap_start(queue, found->at) + queue->ring_size : found->at + space(found->length);
}

/* The item at `at`, or behind the end of its lap. */
static int inspect_item(const struct pp_queue *queue, uint64_t at, uint64_t end, struct found *found) {
  int status = inspect(queue, at, end, found);
  if (status < 0 || found->kind == ITEM) return status;
  status = inspect(queue, next_of(queue, found), end, found);
  return status < 0 || found->kind == ITEM ? status : -EBADMSG;
}

/* The first record from `at` on, taken and not done, or given back, for which `match` holds: 1 if there is one. */
static int find(const struct pp_queue *queue, const get_state get, uint64_t at, int (*match)(uint32_t state, uint32_t key), uint32_t key,
                struct found *found) {
  for (uint32_t steps = 0; at < get[HEAD]; steps++) {
    if (steps == MOST_STEPS) return -EBADMSG;
    int status = inspect(queue, at, get[HEAD], found);
    if (status < 0) return status;
    if (found->kind == ITEM && match(found->state, key)) return 1;
    at = next_of(queue, found);
  }
  return 0;
}

static int is_state(uint32_t state, uint32_t key) { return state == key; }
static int is_taken(uint32_t state, uint32_t key) {
  (void)key;
  return state != WAITING && state != FINISHED;
}
static int is_of_index(uint32_t state, uint32_t key) { return is_taken(state, 0) && pp_owner_index(state) == key; }

static int choose(const struct pp_queue *queue, const put_state put, const get_state get, struct found *found) {
  if (get[BACK] == 0) return inspect_item(queue, get[HEAD], put[TAIL], found);
  int status = find(queue, get, get[FREE], is_state, WAITING, found);
  return status == 0 ? -EBADMSG : status < 0 ? status : 0;
}

static int get_locked(struct pp_queue *queue, uint8_t *bytes, uint32_t room, bool *more) {
  put_state put;
  get_state get;
  struct found found;
  int status = read_both(queue, put, get);
  if (status < 0) return status;
  if (put[PUTS] == get[OUT]) return put[SHUT] != 0 ? -ESHUTDOWN : -EAGAIN;
  status = choose(queue, put, get, &found);
  if (status < 0) return status;
  if (found.length > room) {
    queue->needed = (int32_t)found.length;
    return found.length > INT32_MAX ? -EBADMSG : -EMSGSIZE;
  }
  if (found.length > 0) memcpy(bytes, queue->ring + found.at % queue->ring_size + RECORD, found.length); /* G2 */
  FAILPOINT("get.copied");
  release_some(queue, get);
  if (get[BACK] > 0) get[BACK]--;
  else get[HEAD] = next_of(queue, &found);
  get[OUT]++;
  get[GETS]++;
  uint32_t index = pp_owner_index(queue->scope.me);
  if (queue->redeliver) set_log(get, LOG_STATE, found.at, queue->scope.me);
  else {
    get[FREE] = get[HEAD];
    set_log(get, LOG_TAKEN, index, ((atomic_load(&queue->header->participants[index].taken) & ~HAND) + 1) | HAND);
  }
  status = commit_get(queue, get); /* G3, G4 */
  if (status < 0) return status;
  FAILPOINT("get.committed");
  *more = put[PUTS] != get[OUT];
  return (int)found.length;
}

int pp_queue_get_item(struct pp_queue *queue, uint8_t *bytes, uint32_t room, int lock_ms) {
  note_words(queue);
  int status = lock_get(queue, lock_ms);
  if (status < 0) return note_busy(queue, PP_GET_LOCK, status);
  bool more = false;
  status = get_locked(queue, bytes, room, &more);
  if (status >= 0 && !more) rewind_empty(queue);
  unlock_get(queue); /* G5 */
  FAILPOINT("get.unlocked");
  if (status < 0) return status;
  if (more) announce(queue, PP_ITEMS, 1);
  announce(queue, PP_ROOM, 1);
  atomic_fetch_and(&queue->header->participants[pp_owner_index(queue->scope.me)].taken, ~HAND); /* G6 */
  return status;
}

int pp_queue_can_get(struct pp_queue *queue) {
  put_state put;
  get_state get;
  note_words(queue);
  int status = read_both(queue, put, get);
  if (status < 0) return note_busy(queue, PP_GET_LOCK, status);
  return put[PUTS] != get[OUT] || put[SHUT] != 0;
}

/* --- done, join, shutdown --- */

/* Frees what is finished at the front, `marked` included. */
static int free_finished(const struct pp_queue *queue, get_state get, uint64_t marked) {
  struct found found;
  for (uint32_t steps = 0; get[FREE] < get[HEAD]; steps++) {
    if (steps == MOST_STEPS) return -EBADMSG;
    int status = inspect(queue, get[FREE], get[HEAD], &found);
    if (status < 0) return status;
    if (found.kind == ITEM && found.at != marked && found.state != FINISHED) break;
    get[FREE] = next_of(queue, &found);
  }
  return 0;
}

static int done_kept(struct pp_queue *queue, get_state get) {
  struct found found;
  int status = find(queue, get, get[FREE], is_state, queue->scope.me, &found);
  if (status == 0) status = find(queue, get, get[FREE], is_taken, 0, &found);
  if (status <= 0) return status == 0 ? -EINVAL : status;
  get[DONE]++;
  set_log(get, LOG_STATE, found.at, FINISHED);
  status = free_finished(queue, get, found.at);
  return status < 0 ? status : commit_get(queue, get);
}

static int done_counted(struct pp_queue *queue, get_state get) {
  struct pp_participant *table = queue->header->participants;
  uint32_t index = pp_owner_index(queue->scope.me);
  if ((atomic_load(&table[index].taken) & ~HAND) == 0) {
    for (index = 0; index < PP_PARTICIPANTS && (atomic_load(&table[index].taken) & ~HAND) == 0;) index++;
    if (index == PP_PARTICIPANTS) return -EINVAL;
  }
  get[DONE]++;
  set_log(get, LOG_TAKEN, index, (atomic_load(&table[index].taken) & ~HAND) - 1);
  return commit_get(queue, get);
}

int pp_queue_mark_done(struct pp_queue *queue) {
  get_state get;
  int status = lock_get(queue, PP_SLICE_MS); /* D1 */
  if (status < 0) return note_busy(queue, PP_GET_LOCK, status);
  status = read_get(queue, get);
  if (status == 0) status = queue->redeliver ? done_kept(queue, get) : done_counted(queue, get); /* D2 */
  unlock_get(queue); /* D3 */
  if (status == 0) announce(queue, PP_DONE, INT32_MAX);
  return status;
}

int pp_queue_check_joined(struct pp_queue *queue, int fresh) {
  put_state put;
  get_state get;
  pp_queue_sweep(queue);
  note_words(queue);
  int status = read_both(queue, put, get);
  if (status < 0) return note_busy(queue, PP_GET_LOCK, status);
  if (fresh) queue->told = get[TOLD];
  uint64_t untold = get[ABANDONED] - queue->told;
  if (untold == 0) return put[PUTS] == get[DONE] ? 0 : -EAGAIN;
  status = lock_get(queue, PP_SLICE_MS);
  if (status < 0) return note_busy(queue, PP_GET_LOCK, status);
  status = read_get(queue, get);
  if (status == 0) {
    get[TOLD] = get[ABANDONED];
    set_log(get, LOG_NONE, 0, 0);
    status = commit_get(queue, get);
  }
  unlock_get(queue);
  queue->told = get[TOLD];
  return status < 0 ? status : (int)(untold & INT32_MAX);
}

static int drop_all(struct pp_queue *queue, const put_state put) {
  get_state get;
  int status = lock_get(queue, PP_SLICE_MS);
  if (status < 0) return status;
  status = read_get(queue, get);
  if (status == 0 && put[PUTS] < get[OUT]) status = -EBADMSG;
  if (status == 0) {
    get[DONE] += put[PUTS] - get[OUT];
    get[OUT] = put[PUTS];
    get[HEAD] = put[TAIL];
    /* What was given back stays in its place, out of reach: nothing will be put that could need it. */
    get[BACK] = 0;
    if (!queue->redeliver) get[FREE] = get[HEAD];
    set_log(get, LOG_NONE, 0, 0);
    status = commit_get(queue, get);
  }
  unlock_get(queue);
  return status;
}

int pp_queue_shut(struct pp_queue *queue, int immediate) {
  put_state put;
  int status = lock_put(queue, PP_SLICE_MS);
  if (status < 0) return note_busy(queue, PP_PUT_LOCK, status);
  status = read_put(queue, put);
  if (status == 0) {
    if (put[SHUT] != DROPPED) put[SHUT] = immediate ? DROPPED : 1;
    commit_put(queue, put);
    FAILPOINT("shutdown.committed");
    if (immediate) status = drop_all(queue, put);
  }
  unlock_put(queue);
  announce_all(queue);
  return status;
}

/* --- participants --- */

/* What a participant had taken is given back or given up; the get lock is held. Each step is whole: a second cleaner goes on. */
static int clean_up(struct pp_queue *queue, uint32_t index) {
  struct pp_participant *participant = &queue->header->participants[index];
  put_state put;
  get_state get;
  struct found found;
  int status = read_get(queue, get);
  if (status == 0) status = read_put(queue, put);
  uint64_t at = get[FREE];
  while (status == 0 && queue->redeliver && (status = find(queue, get, at, is_of_index, index, &found)) == 1) {
    if (put[SHUT] == DROPPED) get[DONE]++;
    else {
      get[BACK]++;
      get[OUT]--;
      get[REDELIVERED]++;
    }
    set_log(get, LOG_STATE, found.at, put[SHUT] == DROPPED ? FINISHED : WAITING);
    status = commit_get(queue, get); /* C2 */
    at = next_of(queue, &found);
    FAILPOINT("clean_up.one");
  }
  uint64_t taken = atomic_load(&participant->taken);
  if (status == 0 && taken != 0) {
    if (!queue->redeliver) {
      get[ABANDONED] += taken & ~HAND;
      get[DONE] += taken & ~HAND;
      get[LOST] += taken >> 63;
    }
    set_log(get, LOG_TAKEN, index, 0);
    status = commit_get(queue, get); /* C3 */
  }
  FAILPOINT("clean_up.done");
  if (status == 0) atomic_store(&participant->used, 0); /* C4 */
  return status;
}

static int clean_up_alone(struct pp_queue *queue, uint32_t index) {
  int status = lock_get(queue, WAIT_LOCK_MS); /* C1 */
  if (status < 0) return status;
  /* Meanwhile somebody else may have done it, or have come in its place. */
  bool still = index == pp_owner_index(queue->scope.me) || pp_participant_gone(&queue->segment, index);
  if (still && atomic_load(&queue->header->participants[index].used) != 0) status = clean_up(queue, index);
  unlock_get(queue); /* C5 */
  announce(queue, PP_ITEMS, 1);
  announce(queue, PP_DONE, INT32_MAX);
  return status;
}

int pp_queue_sweep(struct pp_queue *queue) {
  int found = 0;
  uint32_t own = pp_owner_index(queue->scope.me);
  uint32_t highest = atomic_load(&queue->header->highest);
  for (uint32_t index = 0; index <= highest && index < PP_PARTICIPANTS; index++) {
    if (index == own || atomic_load(&queue->header->participants[index].used) == 0) continue;
    if (!pp_participant_gone(&queue->segment, index)) continue;
    /* What stands in the way of one stands in the way of all. */
    if (clean_up_alone(queue, index) < 0) break;
    found = 1;
  }
  return found;
}

int pp_queue_count(struct pp_queue *queue, struct pp_queue_stats *stats) {
  put_state put;
  get_state get;
  pp_queue_sweep(queue);
  int status = read_both(queue, put, get);
  if (status < 0) return note_busy(queue, PP_GET_LOCK, status);
  *stats = (struct pp_queue_stats){
      .size = put[PUTS] - get[OUT],
      .puts = put[PUTS],
      .gets = get[GETS],
      .lost = get[LOST],
      .redelivered = get[REDELIVERED],
      .maxsize = queue->maxsize,
      .unfinished = put[PUTS] - get[DONE],
      .abandoned = get[ABANDONED],
      .shut_down = put[SHUT] != 0,
  };
  for (uint32_t index = 0; index < PP_PARTICIPANTS; index++) stats->participants += atomic_load(&queue->header->participants[index].used) != 0;
  return 0;
}

static int take_place(struct pp_queue *queue) {
  struct pp_queue_header *header = queue->header;
  queue->scope = (struct pp_lock_scope){.segment = &queue->segment, .table = header->participants};
  int status = pp_participant_join(&queue->segment, header->participants, &queue->scope.me);
  if (status < 0) return status;
  uint32_t index = pp_owner_index(queue->scope.me);
  uint32_t highest = atomic_load(&header->highest);
  while (highest < index && !atomic_compare_exchange_weak(&header->highest, &highest, index)) continue;
  if (atomic_load(&header->participants[index].used) != 0) {
    status = lock_get(queue, 10 * PP_SLICE_MS);
    if (status < 0) return status;
    status = clean_up(queue, index);
    unlock_get(queue);
    announce(queue, PP_ITEMS, 1);
    announce(queue, PP_DONE, INT32_MAX);
  }
  atomic_store(&header->participants[index].used, 1);
  return status;
}

int pp_queue_make_sized(struct pp_queue *queue, uint64_t ring_size, uint64_t maxsize, int redeliver) {
  *queue = (struct pp_queue){.ring_size = ring_size, .maxsize = maxsize, .redeliver = redeliver != 0};
  uint64_t header_size = (sizeof(struct pp_queue_header) + 4095) & ~4095ull;
  int status = pp_segment_make(&queue->segment, header_size + ring_size);
  if (status < 0) return status;
  status = pp_segment_fill(&queue->segment, 0, header_size);
  if (status == 0) {
    queue->header = (struct pp_queue_header *)(void *)queue->segment.base;
    queue->ring = queue->segment.base + header_size;
    queue->header->magic = MAGIC;
    queue->header->version = VERSION;
    queue->header->header_size = (uint32_t)header_size;
    queue->header->ring_size = ring_size;
    queue->header->maxsize = maxsize;
    queue->header->redeliver = redeliver != 0;
    atomic_store(&queue->header->ready, 1);
    status = take_place(queue);
  }
  if (status < 0) pp_segment_close(&queue->segment);
  return status;
}

static int check_header(struct pp_queue *queue) {
  const struct pp_queue_header *header = (const struct pp_queue_header *)(void *)queue->segment.base;
  uint64_t size = (sizeof *header + 4095) & ~4095ull;
  if (queue->segment.size < size || header->magic != MAGIC || atomic_load(&header->ready) != 1) return -EBADMSG;
  if (header->version != VERSION) return -EPROTO;
  queue->ring_size = header->ring_size;
  queue->maxsize = header->maxsize;
  queue->redeliver = header->redeliver != 0;
  return header->header_size == size && queue->ring_size >= CHUNK && queue->ring_size % 4096 == 0 && queue->ring_size == queue->segment.size - size ? 0 : -EBADMSG;
}

int pp_queue_attach(struct pp_queue *queue, int fd) {
  *queue = (struct pp_queue){.segment.fd = -1};
  int status = pp_segment_open(&queue->segment, fd);
  if (status < 0) return status;
  status = check_header(queue);
  if (status == 0) {
    queue->header = (struct pp_queue_header *)(void *)queue->segment.base;
    queue->ring = queue->segment.base + (queue->segment.size - queue->ring_size);
    status = take_place(queue);
  }
  if (status < 0) pp_segment_close(&queue->segment);
  return status;
}

void pp_queue_detach(struct pp_queue *queue) {
  /* Where the lock is not to be had, the others will find this participant gone. */
  clean_up_alone(queue, pp_owner_index(queue->scope.me));
  pp_segment_close(&queue->segment);
}
