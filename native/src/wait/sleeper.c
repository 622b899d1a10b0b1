#include "wait/sleeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "polyproc.h"
#include "wait/futex.h"
#include "wait/inbox.h"
#include "wait/watches.h"

/* The kernel waits for at most 128 words at once. One of them is `changed`. */
#define AT_ONCE 127
#define MOST_SLEEPERS 64
/* If a thread cannot sleep on all its words, it looks at them this often. */
#define LOOK_MS 2
/* In one slice, objects are looked at and cleaned up for so many watches of a thread. The others have their turn in the next slices. */
#define MOST_IN_A_SLICE 1024
/* Each word lies in memory of its own. It comes faster if it is asked for so many watches ahead. */
#define AHEAD 8

/* A helper thread, and what it waits for. When all threads have as many words as the kernel takes, the next one is started. The last one
 * takes all further words. */
struct sleeper {
  struct pp_watches watches;
  int turn; /* the watch whose object is cleaned up next */
  bool started, parked;
  pp_word changed; /* counts the changes of `watches`, to wake the thread */
  const void *swept; /* the object that the thread cleans up at this moment, without the guard */
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sweep_over = PTHREAD_COND_INITIALIZER;
static struct sleeper sleepers[MOST_SLEEPERS];
/* What bells ring for. Its thread sleeps on none of the words: after each slice it looks at them, and cleans up. */
static struct sleeper rung;

/* The functions up to `run` are called with the guard held. */

/* Tells everybody who changes the word that a thread sleeps on it. */
static void mark(const struct pp_watch *watch) {
  if (watch->notice != NULL) atomic_fetch_or(&watch->notice->waited_for, PP_SLEEPERS);
}

/* Whether the waiter has a bell. Others take it away if they can't reach it. */
static bool has_bell(const struct pp_watch *watch) {
  return watch->notice != NULL && atomic_load(&watch->scope->table[watch->index].bell) != 0;
}

static void end(struct sleeper *sleeper, int at) {
  const struct pp_watch *watch = &sleeper->watches.at[at];
  pp_participant_goes_on(watch->scope->table, watch->scope->me, PP_WATCHES(watch->what));
  if (sleeper == &rung) pp_notice_disarm(watch->notice, watch->index);
  /* The waker cleared the mark, but other processes may still sleep on the word. */
  else mark(watch);
  pp_watches_remove(&sleeper->watches, at);
}

/* Posts the event of a watch, and ends the watch. */
static void post(struct sleeper *sleeper, int at) {
  const struct pp_watch *watch = &sleeper->watches.at[at];
  pp_inbox_post(watch->inbox, watch->id, watch->what);
  end(sleeper, at);
}

static bool has_changed(const struct sleeper *sleeper, const struct pp_watch *watch) {
  if (atomic_load(watch->word) != watch->seen) return true;
  if (sleeper != &rung || pp_notice_is_armed(watch->notice, watch->index)) return false;
  /* It was rung late for a change that it knew. So that it is rung for the next one: */
  pp_notice_arm(watch->notice, watch->index);
  return atomic_load(watch->word) != watch->seen;
}

/* Posts an event for each word that changed. */
static void look(struct sleeper *sleeper) {
  for (int i = 0; i < sleeper->watches.count;) {
    if (has_changed(sleeper, &sleeper->watches.at[i])) post(sleeper, i);
    else i++;
  }
}

/* Cleans up after dead participants of the objects that have their turn, without the guard: it may have to wait for a lock that a stopped
 * process holds. A watch whose place another one takes meanwhile may be left out. It has its turn later. */
static void sweep(struct sleeper *sleeper) {
  int64_t looked = pp_now();
  int left = sleeper->watches.count < MOST_IN_A_SLICE ? sleeper->watches.count : MOST_IN_A_SLICE;
  for (; left > 0 && sleeper->watches.count > 0; left--) {
    if (sleeper->turn >= sleeper->watches.count) sleeper->turn = 0;
    int at = sleeper->turn++;
    struct pp_watch watch = sleeper->watches.at[at];
    sleeper->swept = watch.object;
    pthread_mutex_unlock(&guard);
    bool again = watch.sweep(watch.object) != 0;
    pthread_mutex_lock(&guard);
    sleeper->swept = NULL;
    pthread_cond_broadcast(&sweep_over);
    at = pp_watches_find(&sleeper->watches, &watch);
    if (at >= 0 && sleeper->watches.at[at].object == watch.object && (again || has_changed(sleeper, &sleeper->watches.at[at]))) post(sleeper, at);
    if (sleeper == &rung || pp_now() - looked < LOOK_MS * 1000) continue;
    look(sleeper);
    looked = pp_now();
  }
}

static void *run(void *argument) {
  struct sleeper *sleeper = argument;
  int64_t swept = pp_now();
  bool idle = false;
  for (;;) {
    pp_word *words[AT_ONCE + 1] = {&sleeper->changed};
    uint32_t expected[AT_ONCE + 1];
    pthread_mutex_lock(&guard);
    /* Who is rung looks by itself. */
    if (sleeper != &rung) look(sleeper);
    if (pp_now() - swept >= PP_SLICE_MS * 1000) {
      sweep(sleeper);
      swept = pp_now();
    }
    expected[0] = atomic_load(&sleeper->changed);
    int count = sleeper->watches.count, some = sleeper == &rung ? 0 : count < AT_ONCE ? count : AT_ONCE;
    bool all = some == count;
    /* Waits come and go. So the thread parks only after a slice without any. */
    sleeper->parked = count == 0 && (sleeper != &rung || sleeper->parked || idle);
    idle = count == 0;
    int ms = sleeper->parked ? 3600 * 1000 : PP_SLICE_MS;
    for (int i = 0; i < some; i++) {
      words[i + 1] = sleeper->watches.at[i].word;
      expected[i + 1] = sleeper->watches.at[i].seen;
    }
    pthread_mutex_unlock(&guard);
    int status = some == 0 ? pp_futex_wait(&sleeper->changed, expected[0], ms)
                           : pp_futex_wait_any(words, expected, some + 1, all ? PP_SLICE_MS : LOOK_MS);
    /* The kernel cannot wait for several words, or may not, or one of them was unmapped meanwhile. */
    if (status == -ENOSYS || status == -EPERM || status == -EFAULT || status == -EINVAL)
      pp_futex_wait(&sleeper->changed, expected[0], LOOK_MS);
  }
  return NULL;
}

static int start(struct sleeper *sleeper) {
  int status = sleeper->started ? 0 : pp_thread_start(run, sleeper);
  if (status == 0) sleeper->started = true;
  return status;
}

/* Adds the watch, or replaces the one with the same id. */
static int put(struct sleeper *sleeper, const struct pp_watch *watch) {
  int status = start(sleeper);
  return status < 0 ? status : pp_watches_put(&sleeper->watches, watch);
}

/* The thread that has a watch with this id, or one that has room for it. */
static struct sleeper *choose(const struct pp_watch *watch) {
  struct sleeper *with_room = NULL;
  for (struct sleeper *sleeper = sleepers; sleeper < sleepers + MOST_SLEEPERS && (sleeper == sleepers || sleeper->started); sleeper++) {
    if (pp_watches_find(&sleeper->watches, watch) >= 0) return sleeper;
    if (with_room == NULL && sleeper->watches.count < AT_ONCE) with_room = sleeper;
  }
  for (struct sleeper *next = sleepers; with_room == NULL && next < sleepers + MOST_SLEEPERS; next++)
    if (!next->started) with_room = next;
  return with_room == NULL ? &sleepers[MOST_SLEEPERS - 1] : with_room;
}

static int watch_with_bell(const struct pp_watch *watch) {
  pthread_mutex_lock(&guard);
  bool wakes = rung.parked || !rung.started;
  int status = put(&rung, watch);
  if (status == 0) {
    pp_notice_arm(watch->notice, watch->index);
    if (wakes) atomic_fetch_add(&rung.changed, 1);
    /* A change before the bit was set rang no bell. */
    if (atomic_load(watch->word) != watch->seen) post(&rung, pp_watches_find(&rung.watches, watch));
  }
  pthread_mutex_unlock(&guard);
  if (status == 0 && wakes) pp_futex_wake(&rung.changed, 1);
  return status;
}

int pp_sleeper_watch(struct pp_watch *watch) {
  watch->index = pp_owner_index(watch->scope->me);
  pp_participant_waits(watch->scope->table, watch->scope->me, PP_WATCHES(watch->what));
  if (has_bell(watch)) return watch_with_bell(watch);
  mark(watch);
  pthread_mutex_lock(&guard);
  struct sleeper *sleeper = choose(watch);
  int status = put(sleeper, watch);
  if (status == 0) atomic_fetch_add(&sleeper->changed, 1);
  pthread_mutex_unlock(&guard);
  /* The thread that is woken needs the guard at once, so it is woken after the guard is free. */
  if (status == 0) pp_futex_wake(&sleeper->changed, 1);
  return status;
}

int32_t pp_inbox_take(int32_t inbox, int32_t *events, int32_t max) {
  int32_t taken = 0;
  pthread_mutex_lock(&guard);
  for (int i = 0; i < rung.watches.count && taken < max;) {
    const struct pp_watch *watch = &rung.watches.at[i];
    if (i + AHEAD < rung.watches.count) __builtin_prefetch(rung.watches.at[i + AHEAD].word);
    if (watch->inbox != inbox || !has_changed(&rung, watch)) i++;
    else {
      events[2 * taken] = watch->id;
      events[2 * taken++ + 1] = watch->what;
      end(&rung, i);
    }
  }
  pthread_mutex_unlock(&guard);
  int32_t posted = pp_inbox_take_posted(inbox, events + 2 * (ptrdiff_t)taken, max - taken);
  return posted < 0 ? posted : taken + posted;
}

/* Guard held. */
static void forget(struct sleeper *sleeper, const void *object) {
  for (int i = 0; i < sleeper->watches.count;) {
    const struct pp_watch *watch = &sleeper->watches.at[i];
    if (watch->object != object) i++;
    else {
      if (sleeper == &rung) pp_notice_disarm(watch->notice, watch->index);
      pp_watches_remove(&sleeper->watches, i);
    }
  }
  while (sleeper->swept == object) pthread_cond_wait(&sweep_over, &guard);
}

void pp_sleeper_forget(const void *object) {
  int running = 0;
  pthread_mutex_lock(&guard);
  forget(&rung, object);
  for (struct sleeper *sleeper = sleepers; running < MOST_SLEEPERS && sleeper->started; sleeper++, running++) {
    forget(sleeper, object);
    /* The object may be unmapped next, and the thread may sleep on its word. */
    atomic_fetch_add(&sleeper->changed, 1);
  }
  pthread_mutex_unlock(&guard);
  for (int i = 0; i < running; i++) pp_futex_wake(&sleepers[i].changed, 1);
}

/* A caller that returns to JavaScript each slice comes here for each of them. A profiler may send signals all the time: they end no wait, and
 * keep nobody from looking for the dead. */
static int sleep_until(const struct pp_watch *watch, int64_t until) {
  for (int64_t swept = pp_now();;) {
    int64_t now = pp_now(), left = (until - now) / 1000;
    if (left <= 0 || now - swept >= PP_SLICE_MS * 1000) {
      if (watch->sweep(watch->object)) return 0;
      swept = now;
    }
    if (left <= 0) return -ETIMEDOUT;
    pp_futex_wait(watch->word, watch->seen, left < PP_SLICE_MS ? (int)left : PP_SLICE_MS);
    /* The waker cleared the mark, but other processes may still sleep on the word. */
    mark(watch);
    if (atomic_load(watch->word) != watch->seen) return 0;
  }
}

int pp_watch_sleep(const struct pp_watch *watch, int32_t ms) {
  int64_t until = pp_now() + (int64_t)ms * 1000;
  if (watch->spinner != NULL && pp_spin(watch->spinner, watch->word, watch->seen)) return 0;
  mark(watch);
  pp_participant_waits(watch->scope->table, watch->scope->me, PP_BLOCKS(watch->what));
  int status = sleep_until(watch, until);
  pp_participant_goes_on(watch->scope->table, watch->scope->me, PP_BLOCKS(watch->what));
  return status;
}
