#include "wait/inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/handles.h"
#include "polyproc.h"
#include "wait/owned.h"
#include "wait/reactor.h"

#define MOST_INBOXES 65536
#define FIRST_INBOXES 16
#define FIRST_ROOM 64

struct event {
  int32_t id, value;
};

struct inbox {
  bool open, told;
  pthread_t owner;
  int socket;
  int32_t count, room;
  struct event *events;
};

/* One lock serves all inboxes, because it is held for a few instructions only. The exception is tell(), which can sleep under it for up to
 * 100 ms when the kernel has no memory for the byte. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t ended; /* tells when a thread that has opened an inbox ends, on runtimes that have no other way to tell */
static struct inbox *inboxes;
static int32_t table_size;

static void thread_ended(void *unused) {
  (void)unused;
  pp_inbox_close_own();
}

static void prepare(void) {
  pthread_key_create(&ended, thread_ended);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&arrived, &attributes);
  pthread_condattr_destroy(&attributes);
}

static struct inbox *find(int32_t index) {
  return index >= 0 && index < table_size && inboxes[index].open ? &inboxes[index] : NULL;
}

/* The guard is held. A thread has an inbox for each copy and each realm that loads this library, so there may be many. */
static int32_t free_number(void) {
  int32_t index = 0;
  while (index < table_size && inboxes[index].open) index++;
  if (index < table_size) return index;
  int32_t wanted = table_size == 0 ? FIRST_INBOXES : table_size * 2;
  if (wanted > MOST_INBOXES) return -EMFILE;
  struct inbox *larger = realloc(inboxes, (size_t)wanted * sizeof *larger);
  if (larger == NULL) return -ENOMEM;
  for (int32_t i = table_size; i < wanted; i++) larger[i] = (struct inbox){.open = false};
  inboxes = larger;
  table_size = wanted;
  return index;
}

int32_t pp_inbox_open(int32_t *fd) {
  pthread_once(&once, prepare);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) return -errno;
  pthread_mutex_lock(&guard);
  int32_t index = free_number();
  if (index >= 0) inboxes[index] = (struct inbox){.open = true, .socket = pair[1], .owner = pthread_self()};
  pthread_mutex_unlock(&guard);
  if (index < 0) {
    close(pair[0]);
    close(pair[1]);
    return index;
  }
  pthread_setspecific(ended, inboxes);
  *fd = pair[0];
  return index;
}

static bool make_room(struct inbox *inbox) {
  if (inbox->count < inbox->room) return true;
  int32_t room = inbox->room == 0 ? FIRST_ROOM : inbox->room * 2;
  struct event *events = realloc(inbox->events, (size_t)room * sizeof *events);
  if (events == NULL) return false;
  inbox->events = events;
  inbox->room = room;
  return true;
}

/* Wakes the event loop by a byte. EAGAIN means that the socket is full of bytes that were not read yet, which wakes it just as well. If the
 * kernel has no memory for the byte, this tries again for 100 ms. */
static bool tell(int socket) {
  for (int tries = 0; tries < 100; tries++) {
    if (send(socket, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 || errno == EAGAIN) return true;
    if (errno != EINTR && errno != ENOBUFS && errno != ENOMEM) return false;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  return false;
}

void pp_inbox_post(int32_t index, int32_t id, int32_t value) {
  pthread_mutex_lock(&guard);
  struct inbox *inbox = find(index);
  if (inbox != NULL && make_room(inbox)) {
    inbox->events[inbox->count++] = (struct event){id, value};
    pthread_cond_broadcast(&arrived);
    if (!inbox->told) inbox->told = tell(inbox->socket);
  }
  pthread_mutex_unlock(&guard);
}

int32_t pp_inbox_take(int32_t index, int32_t *events, int32_t max) {
  pthread_mutex_lock(&guard);
  struct inbox *inbox = find(index);
  int32_t taken = inbox == NULL ? -EBADF : inbox->count < max ? inbox->count : max;
  if (taken >= 0) {
    if (taken > 0) memcpy(events, inbox->events, (size_t)taken * sizeof *inbox->events);
    inbox->count -= taken;
    if (inbox->count > 0) memmove(inbox->events, inbox->events + taken, (size_t)inbox->count * sizeof *inbox->events);
    else inbox->told = false;
  }
  pthread_mutex_unlock(&guard);
  return taken;
}

int32_t pp_inbox_wait(int32_t index, int32_t ms) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += ms / 1000;
  until.tv_nsec += ms % 1000 * 1000000l;
  if (until.tv_nsec >= 1000000000l) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000l;
  }
  pthread_mutex_lock(&guard);
  struct inbox *inbox = find(index);
  while (inbox != NULL && inbox->count == 0 && pthread_cond_timedwait(&arrived, &guard, &until) == 0) inbox = find(index);
  int32_t waiting = inbox == NULL ? -EBADF : inbox->count > 0;
  pthread_mutex_unlock(&guard);
  return waiting;
}

int32_t pp_inbox_close(int32_t index) {
  /* The objects and watches go first. Once the inbox is closed, a new thread may get its number. */
  pthread_mutex_lock(&guard);
  bool open = find(index) != NULL;
  pthread_mutex_unlock(&guard);
  if (!open) return -EBADF;
  pp_handles_close_all(index);
  pp_owned_close_all(index);
  pp_reactor_forget_inbox(index);
  pthread_mutex_lock(&guard);
  struct inbox *inbox = find(index);
  if (inbox != NULL) {
    close(inbox->socket);
    free(inbox->events);
    *inbox = (struct inbox){.open = false};
  }
  pthread_mutex_unlock(&guard);
  return inbox == NULL ? -EBADF : 0;
}

/* 1 if the thread opened this inbox, 0 if not, -1 if there is no such number. */
static int is_of(int32_t index, pthread_t thread) {
  pthread_mutex_lock(&guard);
  int own = index >= table_size ? -1 : inboxes[index].open && pthread_equal(inboxes[index].owner, thread);
  pthread_mutex_unlock(&guard);
  return own;
}

void pp_inbox_close_own(void) {
  for (int32_t index = 0, own; (own = is_of(index, pthread_self())) >= 0; index++)
    if (own > 0) pp_inbox_close(index);
}
