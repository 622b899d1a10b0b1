#include "sleeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "inbox.h"
#include "thread.h"

/* The kernel takes 128 words at once, of which one is our own. */
#define AT_ONCE 127
/* Where it can't wait for all of them, they are looked at this often. */
#define LOOK_MS 2

struct watch {
  struct pp_queue *queue;
  pp_word *word;
  uint32_t seen;
  int32_t inbox, id;
  int what;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct watch *watches;
static int count, room;
static int started;
static pp_word changed; /* the list of watches did */

static int is_lock(int what) { return what == PP_GET_LOCK || what == PP_PUT_LOCK; }

/* Tells of every word that changed. After a whole slice the dead are cleaned up, and who waits for a lock tries it again. */
static void look(int slice_over) {
  for (int i = 0; i < count;) {
    struct watch *watch = &watches[i];
    if (slice_over && !is_lock(watch->what)) pp_queue_sweep(watch->queue);
    if (atomic_load(watch->word) == watch->seen && !(slice_over && is_lock(watch->what))) {
      i++;
      continue;
    }
    pp_inbox_post(watch->inbox, watch->id, watch->what);
    /* Others may still sleep on the word from which this one was woken. */
    if (!is_lock(watch->what)) pp_queue_word(watch->queue, watch->what);
    watches[i] = watches[--count];
  }
}

static void *run(void *unused) {
  (void)unused;
  int64_t looked = pp_now();
  for (;;) {
    pp_word *words[AT_ONCE + 1] = {&changed};
    uint32_t expected[AT_ONCE + 1];
    pthread_mutex_lock(&guard);
    expected[0] = atomic_load(&changed);
    int64_t now = pp_now();
    int slice_over = now - looked >= PP_SLICE_MS * 1000;
    if (slice_over) looked = now;
    look(slice_over);
    int some = count < AT_ONCE ? count : AT_ONCE;
    int all = some == count;
    for (int i = 0; i < some; i++) {
      words[i + 1] = watches[i].word;
      expected[i + 1] = watches[i].seen;
    }
    pthread_mutex_unlock(&guard);
    int status = some == 0 ? pp_futex_wait(&changed, expected[0], 3600 * 1000)
                           : pp_futex_wait_any(words, expected, some + 1, all ? PP_SLICE_MS : LOOK_MS);
    if (status == -ENOSYS || status == -EPERM || status == -EFAULT || status == -EINVAL) pp_futex_wait(&changed, expected[0], LOOK_MS);
  }
  return NULL;
}

static int make_room(void) {
  if (count < room) return 0;
  int wanted = room == 0 ? 16 : room * 2;
  struct watch *larger = realloc(watches, (size_t)wanted * sizeof *watches);
  if (larger == NULL) return -ENOMEM;
  watches = larger;
  room = wanted;
  return 0;
}

int pp_sleeper_watch(struct pp_queue *queue, int32_t inbox, int32_t id, int what) {
  struct watch watch = {queue, pp_queue_word(queue, what), queue->seen[what], inbox, id, what};
  pthread_mutex_lock(&guard);
  int status = 0;
  if (!started) {
    status = pp_thread_start(run, NULL);
    started = status == 0;
  }
  int at = 0;
  while (at < count && (watches[at].inbox != inbox || watches[at].id != id)) at++;
  if (status == 0 && at == count) status = make_room();
  if (status == 0) {
    watches[at] = watch;
    if (at == count) count++;
    atomic_fetch_add(&changed, 1);
    pp_futex_wake(&changed, 1);
  }
  pthread_mutex_unlock(&guard);
  return status;
}

void pp_sleeper_forget(const struct pp_queue *queue) {
  pthread_mutex_lock(&guard);
  for (int i = 0; i < count;) {
    if (watches[i].queue == queue) watches[i] = watches[--count];
    else i++;
  }
  atomic_fetch_add(&changed, 1);
  pp_futex_wake(&changed, 1);
  pthread_mutex_unlock(&guard);
}
