#include "wait/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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
  int socket;   /* by which this process wakes the thread itself */
  int ends[2];  /* what the thread's event loop watches: the other end of that socket, and its bell if it has one. The thread closes them */
  int bell_end; /* keeps the bell open */
  int poller;   /* an epoll descriptor that the thread's event loop watches; 0 if there is none */
  struct pp_bell bell;
  int32_t count, room;
  struct event *events;
};

/* One lock serves all inboxes, because it is held for a few instructions only. The exception is tell(), which can sleep under it for up to
 * 100 ms when the kernel has no memory for the byte. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
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
  if (wanted > MOST_INBOXES) return -ENOBUFS;
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
  if (index >= 0) inboxes[index] = (struct inbox){.open = true, .socket = pair[1], .ends = {pair[0], -1}, .bell_end = -1, .owner = pthread_self()};
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

int32_t pp_inbox_make_bell(int32_t index, const uint8_t *path, int32_t pipe, int32_t *fd) {
  struct pp_bell bell;
  int ends[2], status = pp_bell_make(&bell, (const char *)path, pipe != 0, ends);
  if (status < 0) return status;
  pthread_mutex_lock(&guard);
  struct inbox *inbox = find(index);
  bool is_first = inbox != NULL && inbox->bell.number == 0;
  if (is_first) {
    inbox->bell = bell;
    inbox->ends[1] = *fd = ends[0];
    inbox->bell_end = ends[1];
  }
  pthread_mutex_unlock(&guard);
  if (is_first) return 0;
  pp_bell_remove(&bell);
  close(ends[0]);
  close(ends[1]);
  return -EEXIST;
}

int32_t pp_inbox_make_poller(int32_t index, int32_t *fd) {
  int poller = epoll_create1(EPOLL_CLOEXEC);
  int watched = poller < 0 ? -1 : fcntl(poller, F_DUPFD_CLOEXEC, 3);
  int status = watched < 0 ? -errno : -EEXIST;
  pthread_mutex_lock(&guard);
  struct inbox *inbox = find(index);
  if (watched >= 0 && inbox != NULL && inbox->poller == 0) {
    inbox->poller = poller;
    *fd = watched;
    status = 0;
  }
  pthread_mutex_unlock(&guard);
  if (status == 0) return 0;
  if (poller >= 0) close(poller);
  if (watched >= 0) close(watched);
  return status;
}

int pp_inbox_poller(int32_t index) {
  pthread_mutex_lock(&guard);
  const struct inbox *inbox = find(index);
  int poller = inbox == NULL ? 0 : inbox->poller;
  pthread_mutex_unlock(&guard);
  return poller;
}

int32_t pp_thread_is_main(void) { return syscall(SYS_gettid) == getpid(); }

struct pp_bell pp_inbox_bell(int32_t index) {
  pthread_mutex_lock(&guard);
  const struct inbox *inbox = find(index);
  struct pp_bell bell = inbox == NULL ? (struct pp_bell){.number = 0} : inbox->bell;
  pthread_mutex_unlock(&guard);
  return bell;
}

uint64_t pp_bell_in(struct pp_lock_scope *scope, const char *folder, int32_t inbox) {
  struct pp_bell bell = pp_inbox_bell(inbox);
  /* Another process may change the folder in shared memory at any time. */
  memcpy(scope->folder, folder, PP_FOLDER);
  scope->folder[PP_FOLDER - 1] = 0;
  return strcmp(scope->folder, bell.folder) == 0 ? bell.number : 0;
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
    if (!inbox->told) inbox->told = tell(inbox->socket);
  }
  pthread_mutex_unlock(&guard);
}

/* Posts the events of the thread's own poller. They need no byte, because the thread takes them now. */
static void post_polled(int32_t index) {
  pthread_mutex_lock(&guard);
  struct inbox *inbox = find(index);
  int poller = inbox == NULL ? 0 : inbox->poller;
  if (poller > 0) inbox->told = true;
  pthread_mutex_unlock(&guard);
  if (poller > 0) pp_reactor_poll(poller);
}

int32_t pp_inbox_take_posted(int32_t index, int32_t *events, int32_t max) {
  post_polled(index);
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

/* Whether an event waits, and where the thread would hear of one. */
static int32_t look(int32_t index, struct pollfd heard[3]) {
  pthread_mutex_lock(&guard);
  const struct inbox *inbox = find(index);
  int32_t waiting = inbox == NULL ? -EBADF : inbox->count > 0;
  for (int i = 0; i < 2 && inbox != NULL; i++) heard[i] = (struct pollfd){.fd = inbox->ends[i], .events = POLLIN};
  if (inbox != NULL) heard[2] = (struct pollfd){.fd = inbox->poller > 0 ? inbox->poller : -1, .events = POLLIN};
  pthread_mutex_unlock(&guard);
  return waiting;
}

int32_t pp_inbox_wait(int32_t index, int32_t ms) {
  struct pollfd heard[3];
  int32_t waiting = look(index, heard);
  if (waiting != 0 || poll(heard, 3, ms) <= 0) return waiting;
  /* The caller handles what the bytes are for, so the event loop need not. */
  for (int i = 0; i < 2; i++) {
    char bytes[64];
    for (int tries = 0; (heard[i].revents & POLLIN) != 0 && tries < 64 && read(heard[i].fd, bytes, sizeof bytes) > 0; tries++) continue;
  }
  return 1;
}

int32_t pp_inbox_close(int32_t index) {
  /* The objects and watches go first. Once the inbox is closed, a new thread may get its number. */
  pthread_mutex_lock(&guard);
  bool open = find(index) != NULL;
  pthread_mutex_unlock(&guard);
  if (!open) return -EBADF;
  pp_handles_close_all(index);
  pp_owned_close_all(index);
  int poller = pp_inbox_poller(index);
  pp_reactor_forget_inbox(index, poller);
  pthread_mutex_lock(&guard);
  struct inbox *inbox = find(index);
  if (inbox != NULL) {
    pp_bell_remove(&inbox->bell);
    if (inbox->bell_end >= 0) close(inbox->bell_end);
    close(inbox->socket);
    if (poller > 0) close(poller);
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
