#include "wait/sleeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "wait/futex.h"
#include "wait/inbox.h"

/* The kernel waits for at most 128 words at once. One of them is `changed`. */
#define AT_ONCE 127
#define MOST_SLEEPERS 64
/* If a thread cannot sleep on all its words, it looks at them this often. */
#define LOOK_MS 2

/* A helper thread, and what it waits for. When all threads have as many words as the kernel takes, the next one is started. The last one
 * takes all further words. */
struct sleeper {
  struct pp_watch *watches;
  int count, room;
  bool started;
  pp_word changed; /* counts the changes of `watches`, to wake the thread */
  const void *swept; /* the object that the thread cleans up at this moment, without the guard */
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sweep_over = PTHREAD_COND_INITIALIZER;
static struct sleeper sleepers[MOST_SLEEPERS];

/* The functions up to `run` are called with the guard held. */

/* Tells everybody who changes the word that a waiter must be woken. */
static void mark(const struct pp_watch *watch) {
  if (watch->notice != NULL) atomic_store(&watch->notice->waited_for, 1);
}

static int find(const struct sleeper *sleeper, const struct pp_watch *watch) {
  for (int i = 0; i < sleeper->count; i++)
    if (sleeper->watches[i].inbox == watch->inbox && sleeper->watches[i].id == watch->id) return i;
  return -1;
}

/* Posts the event of a watch, and ends the watch. */
static void post(struct sleeper *sleeper, int at) {
  const struct pp_watch *watch = &sleeper->watches[at];
  pp_inbox_post(watch->inbox, watch->id, watch->what);
  /* The waker cleared the mark, but other processes may still sleep on the word. */
  mark(watch);
  sleeper->watches[at] = sleeper->watches[--sleeper->count];
}

/* Posts an event for each word that changed. */
static void look(struct sleeper *sleeper) {
  for (int i = 0; i < sleeper->count;) {
    const struct pp_watch *watch = &sleeper->watches[i];
    if (atomic_load(watch->word) == watch->seen) i++;
    else post(sleeper, i);
  }
}

/* Cleans up after dead participants of each object, without the guard: it may have to wait for a lock that a stopped process holds. A watch
 * whose place another one takes meanwhile may be left out. Its turn comes after the next slice. */
static void sweep(struct sleeper *sleeper) {
  for (int i = 0, left = sleeper->count; i < sleeper->count && left > 0; left--) {
    struct pp_watch watch = sleeper->watches[i];
    sleeper->swept = watch.object;
    pthread_mutex_unlock(&guard);
    bool again = watch.sweep(watch.object) != 0;
    pthread_mutex_lock(&guard);
    sleeper->swept = NULL;
    pthread_cond_broadcast(&sweep_over);
    int at = again ? find(sleeper, &watch) : -1;
    if (at >= 0 && sleeper->watches[at].object == watch.object) post(sleeper, at);
    if (at != i) i++;
    look(sleeper);
  }
}

static void *run(void *argument) {
  struct sleeper *sleeper = argument;
  int64_t swept = pp_now();
  for (;;) {
    pp_word *words[AT_ONCE + 1] = {&sleeper->changed};
    uint32_t expected[AT_ONCE + 1];
    pthread_mutex_lock(&guard);
    look(sleeper);
    if (pp_now() - swept >= PP_SLICE_MS * 1000) {
      sweep(sleeper);
      swept = pp_now();
    }
    expected[0] = atomic_load(&sleeper->changed);
    int some = sleeper->count < AT_ONCE ? sleeper->count : AT_ONCE;
    bool all = some == sleeper->count;
    for (int i = 0; i < some; i++) {
      words[i + 1] = sleeper->watches[i].word;
      expected[i + 1] = sleeper->watches[i].seen;
    }
    pthread_mutex_unlock(&guard);
    int status = some == 0 ? pp_futex_wait(&sleeper->changed, expected[0], 3600 * 1000)
                           : pp_futex_wait_any(words, expected, some + 1, all ? PP_SLICE_MS : LOOK_MS);
    /* The kernel cannot wait for several words, or may not, or one of them was unmapped meanwhile. */
    if (status == -ENOSYS || status == -EPERM || status == -EFAULT || status == -EINVAL)
      pp_futex_wait(&sleeper->changed, expected[0], LOOK_MS);
  }
  return NULL;
}

static int make_room(struct sleeper *sleeper) {
  if (sleeper->count < sleeper->room) return 0;
  int wanted = sleeper->room == 0 ? 16 : sleeper->room * 2;
  struct pp_watch *larger = realloc(sleeper->watches, (size_t)wanted * sizeof *larger);
  if (larger == NULL) return -ENOMEM;
  sleeper->watches = larger;
  sleeper->room = wanted;
  return 0;
}

/* Adds the watch, or replaces the one with the same id. `chosen` becomes the thread that must be woken. */
static int add(const struct pp_watch *watch, struct sleeper **chosen) {
  struct sleeper *with_room = NULL;
  for (struct sleeper *sleeper = sleepers; sleeper < sleepers + MOST_SLEEPERS && (sleeper == sleepers || sleeper->started); sleeper++) {
    int at = find(sleeper, watch);
    if (at >= 0) {
      sleeper->watches[at] = *watch;
      *chosen = sleeper;
      return 0;
    }
    if (with_room == NULL && sleeper->count < AT_ONCE) with_room = sleeper;
  }
  for (struct sleeper *next = sleepers; with_room == NULL && next < sleepers + MOST_SLEEPERS; next++)
    if (!next->started) with_room = next;
  struct sleeper *sleeper = *chosen = with_room == NULL ? &sleepers[MOST_SLEEPERS - 1] : with_room;
  int status = make_room(sleeper);
  if (status == 0 && !sleeper->started) {
    status = pp_thread_start(run, sleeper);
    sleeper->started = status == 0;
  }
  if (status == 0) sleeper->watches[sleeper->count++] = *watch;
  return status;
}

int pp_sleeper_watch(const struct pp_watch *watch) {
  struct sleeper *sleeper = NULL;
  mark(watch);
  pthread_mutex_lock(&guard);
  int status = add(watch, &sleeper);
  if (status == 0) atomic_fetch_add(&sleeper->changed, 1);
  pthread_mutex_unlock(&guard);
  /* The thread that is woken needs the guard at once, so it is woken after the guard is free. */
  if (status == 0) pp_futex_wake(&sleeper->changed, 1);
  return status;
}

void pp_sleeper_forget(const void *object) {
  int running = 0;
  pthread_mutex_lock(&guard);
  for (struct sleeper *sleeper = sleepers; running < MOST_SLEEPERS && sleeper->started; sleeper++, running++) {
    for (int i = 0; i < sleeper->count;) {
      if (sleeper->watches[i].object == object) sleeper->watches[i] = sleeper->watches[--sleeper->count];
      else i++;
    }
    while (sleeper->swept == object) pthread_cond_wait(&sweep_over, &guard);
    /* The object may be unmapped next, and the thread may sleep on its word. */
    atomic_fetch_add(&sleeper->changed, 1);
  }
  pthread_mutex_unlock(&guard);
  for (int i = 0; i < running; i++) pp_futex_wake(&sleepers[i].changed, 1);
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
