#include "wait/sleeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "wait/futex.h"
#include "wait/inbox.h"

/* The kernel waits for at most 128 words at once. One of them is `changed`. */
#define AT_ONCE 127
/* If the thread cannot sleep on all words, it looks at them this often. */
#define LOOK_MS 2

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct pp_watch *watches;
static int count, room;
static int started;
static pp_word changed; /* counts the changes of `watches`, to wake the thread */

/* Tells everybody who changes the word that a waiter must be woken. */
static void mark(const struct pp_watch *watch) {
  if (watch->notice != NULL) atomic_store(&watch->notice->waited_for, 1);
}

/* Posts an event for each word that changed. After a whole slice it also cleans up after dead participants. */
static void look(int slice_over) {
  for (int i = 0; i < count;) {
    const struct pp_watch *watch = &watches[i];
    int again = slice_over && watch->sweep(watch->object);
    if (!again && atomic_load(watch->word) == watch->seen) {
      i++;
      continue;
    }
    pp_inbox_post(watch->inbox, watch->id, watch->what);
    /* The waker cleared the mark, but other processes may still sleep on the word. */
    mark(watch);
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
    /* The kernel cannot wait for several words, or may not, or one of them was unmapped meanwhile. */
    if (status == -ENOSYS || status == -EPERM || status == -EFAULT || status == -EINVAL) pp_futex_wait(&changed, expected[0], LOOK_MS);
  }
  return NULL;
}

static int make_room(void) {
  if (count < room) return 0;
  int wanted = room == 0 ? 16 : room * 2;
  struct pp_watch *larger = realloc(watches, (size_t)wanted * sizeof *watches);
  if (larger == NULL) return -ENOMEM;
  watches = larger;
  room = wanted;
  return 0;
}

int pp_sleeper_watch(const struct pp_watch *watch) {
  mark(watch);
  pthread_mutex_lock(&guard);
  int status = 0;
  if (!started) {
    status = pp_thread_start(run, NULL);
    started = status == 0;
  }
  int at = 0;
  while (at < count && (watches[at].inbox != watch->inbox || watches[at].id != watch->id)) at++;
  if (status == 0 && at == count) status = make_room();
  if (status == 0) {
    watches[at] = *watch;
    if (at == count) count++;
    atomic_fetch_add(&changed, 1);
    pp_futex_wake(&changed, 1);
  }
  pthread_mutex_unlock(&guard);
  return status;
}

void pp_sleeper_forget(const void *object) {
  pthread_mutex_lock(&guard);
  for (int i = 0; i < count;) {
    if (watches[i].object == object) watches[i] = watches[--count];
    else i++;
  }
  atomic_fetch_add(&changed, 1);
  pp_futex_wake(&changed, 1);
  pthread_mutex_unlock(&guard);
}

int pp_watch_sleep(const struct pp_watch *watch, int32_t ms) {
  int64_t until = pp_now() + (int64_t)ms * 1000;
  if (watch->spinner != NULL && pp_spin(watch->spinner, watch->word, watch->seen)) return 0;
  mark(watch);
  for (;;) {
    int64_t left = (until - pp_now()) / 1000;
    if (left <= 0) return -ETIMEDOUT;
    int status = pp_futex_wait(watch->word, watch->seen, left < PP_SLICE_MS ? (int)left : PP_SLICE_MS);
    /* The waker cleared the mark, but other processes may still sleep on the word. */
    mark(watch);
    if (status == -ETIMEDOUT && watch->sweep(watch->object)) return 0;
    if (atomic_load(watch->word) != watch->seen || status == -EINTR) return 0;
  }
}
