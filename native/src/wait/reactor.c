#include "wait/reactor.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"

#define BATCH 32
#define REST_MS 10
#define NOBODY (-1)

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int own_poller = -1; /* the helper thread's */
static struct pp_watched *table; /* by the descriptor's number */
static int room;
static bool rests;

void pp_reactor_lock(void) { pthread_mutex_lock(&guard); }
void pp_reactor_unlock(void) { pthread_mutex_unlock(&guard); }
void pp_reactor_rest(void) { rests = true; }

static int poller_of(const struct pp_watched *watched) { return watched->poller > 0 ? watched->poller : own_poller; }

/* Guard held. */
static void handle(const struct epoll_event *events, int count, int poller) {
  for (int i = 0; i < count; i++) {
    int fd = events[i].data.fd;
    struct pp_watched *watched = pp_reactor_find(fd);
    /* A watch that ended after epoll_wait returned is not told. */
    if (watched != NULL && poller_of(watched) == poller) watched->ready(watched, fd, events[i].events);
  }
}

void pp_reactor_poll(int poller) {
  struct epoll_event events[BATCH];
  int count = epoll_wait(poller, events, BATCH, 0);
  if (count <= 0) return;
  pthread_mutex_lock(&guard);
  handle(events, count, poller);
  pthread_mutex_unlock(&guard);
}

static void *run(void *unused) {
  (void)unused;
  struct epoll_event events[BATCH];
  for (;;) {
    int count = epoll_wait(own_poller, events, BATCH, -1);
    pthread_mutex_lock(&guard);
    rests = false;
    handle(events, count, own_poller);
    bool rest = rests;
    pthread_mutex_unlock(&guard);
    if (rest) nanosleep(&(struct timespec){.tv_nsec = REST_MS * 1000000}, NULL);
  }
  return NULL;
}

static int start(void) {
  if (own_poller >= 0) return 0;
  int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return -errno;
  own_poller = fd;
  int status = pp_thread_start(run, NULL);
  if (status < 0) {
    close(fd);
    own_poller = -1;
  }
  return status;
}

static int make_room(int fd) {
  if (fd < room) return 0;
  int wanted = fd < 64 ? 128 : fd * 2;
  struct pp_watched *larger = realloc(table, (size_t)wanted * sizeof *table);
  if (larger == NULL) return -ENOMEM;
  memset(larger + room, 0, (size_t)(wanted - room) * sizeof *larger);
  table = larger;
  room = wanted;
  return 0;
}

static int control(int fd, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  return epoll_ctl(poller_of(&table[fd]), operation, fd, &event) < 0 ? -errno : 0;
}

int pp_reactor_add(int fd, uint32_t events, const struct pp_watched *watched) {
  if (fd < 0) return -EBADF;
  int status = watched->poller > 0 ? 0 : start();
  if (status == 0) status = make_room(fd);
  if (status < 0) return status;
  const struct pp_watched *known = pp_reactor_find(fd);
  if (known != NULL && poller_of(known) != poller_of(watched)) pp_reactor_remove(fd);
  table[fd] = *watched;
  status = control(fd, EPOLL_CTL_ADD, events);
  if (status == -EEXIST) status = control(fd, EPOLL_CTL_MOD, events);
  /* The entry must not stay. The next file with this number would be taken for the one that this entry describes. */
  if (status < 0) table[fd].ready = NULL;
  return status;
}

int pp_reactor_watch(int fd, uint32_t events, const struct pp_watched *watched) {
  pthread_mutex_lock(&guard);
  int status = pp_reactor_add(fd, events, watched);
  pthread_mutex_unlock(&guard);
  return status;
}

struct pp_watched *pp_reactor_find(int fd) {
  return fd >= 0 && fd < room && table[fd].ready != NULL ? &table[fd] : NULL;
}

int pp_reactor_change(int fd, uint32_t events) { return control(fd, EPOLL_CTL_MOD, events); }

void pp_reactor_remove(int fd) {
  if (pp_reactor_find(fd) == NULL) return;
  table[fd].ready = NULL;
  epoll_ctl(poller_of(&table[fd]), EPOLL_CTL_DEL, fd, NULL);
}

void pp_reactor_forget_inbox(int32_t inbox, int poller) {
  pthread_mutex_lock(&guard);
  for (int fd = 0; fd < room; fd++) {
    struct pp_watched *watched = pp_reactor_find(fd);
    if (watched == NULL) continue;
    if (poller > 0 && watched->poller == poller) {
      pp_reactor_remove(fd);
      continue;
    }
    if (watched->read.inbox == inbox) watched->read = (struct pp_target){.inbox = NOBODY};
    if (watched->write.inbox == inbox) watched->write = (struct pp_target){.inbox = NOBODY};
  }
  pthread_mutex_unlock(&guard);
}
