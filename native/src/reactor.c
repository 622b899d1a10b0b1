#include "reactor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inbox.h"
#include "keeper.h"
#include "polyproc.h"
#include "thread.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define MOST_PEERS 64
#define BATCH 32
#define PAUSE_MS 10
#define NOBODY (-1)

enum kind { NONE, DESCRIPTOR, CHILD, PARENT, LISTENER, PEER };

struct target {
  int32_t inbox, id;
  bool wanted;
};

/* What is known of a watched descriptor; its number is the place in the table. */
struct watch {
  enum kind kind;
  struct target read, write;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int poller = -1;
static struct watch *watches;
static int room;
static int peers[MOST_PEERS];
static char *orphaned; /* paths to remove when the parent is gone; NULL for a detached process */
static bool lives_on;
static bool exhausted; /* somebody knocks, and there is no descriptor to open with */

static void remove_path(const char *path) {
  DIR *folder = opendir(path);
  if (folder == NULL) {
    unlink(path);
    return;
  }
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
  rmdir(path);
}

static void parent_gone(struct target target, int channel) {
  if (lives_on) {
    epoll_ctl(poller, EPOLL_CTL_DEL, channel, NULL);
    pp_inbox_post(target.inbox, target.id, 0);
    return;
  }
  for (const char *path = orphaned; *path != '\0'; path += strlen(path) + 1) remove_path(path);
  kill(getpid(), SIGKILL);
}

static void child_gone(struct target target, int pidfd) {
  siginfo_t info = {0};
  int status = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
  /* It still runs: the event was of a descriptor that had this number before. */
  if (status < 0 ? errno == EINTR : info.si_pid == 0) return;
  epoll_ctl(poller, EPOLL_CTL_DEL, pidfd, NULL);
  pp_inbox_post(target.inbox, target.id, info.si_code == CLD_EXITED ? info.si_status : 256 + info.si_status);
}

static uint32_t interests(const struct watch *watch) {
  /* What the parent says is for JavaScript to read, however late: here it would be told again and again. */
  if (watch->kind == PARENT) return EPOLLRDHUP;
  if (watch->kind != DESCRIPTOR) return EPOLLIN | EPOLLRDHUP;
  return (watch->read.wanted ? EPOLLIN | EPOLLRDHUP : 0) | (watch->write.wanted ? EPOLLOUT : 0) | EPOLLONESHOT;
}

static int control(int fd, int operation) {
  struct epoll_event event = {.events = interests(&watches[fd]), .data.fd = fd};
  return epoll_ctl(poller, operation, fd, &event) < 0 ? -errno : 0;
}

static void descriptor_ready(struct watch *watch, int fd, uint32_t events) {
  bool ended = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if (watch->read.wanted && (ended || (events & (EPOLLIN | EPOLLRDHUP)) != 0)) {
    watch->read.wanted = false;
    pp_inbox_post(watch->read.inbox, watch->read.id, 0);
  }
  if (watch->write.wanted && (ended || (events & EPOLLOUT) != 0)) {
    watch->write.wanted = false;
    pp_inbox_post(watch->write.inbox, watch->write.id, 0);
  }
  if (watch->read.wanted || watch->write.wanted) control(fd, EPOLL_CTL_MOD);
}

static int add(int fd, enum kind kind, struct target target);

static void drop_peer(int fd) {
  for (int i = 0; i < MOST_PEERS; i++)
    if (peers[i] == fd) peers[i] = 0;
  watches[fd].kind = NONE;
}

/* Who connects and says nothing makes way for who comes later. */
static void accept_peer(int listener) {
  int peer = pp_keeper_accept(listener);
  exhausted = peer == -EMFILE || peer == -ENFILE;
  if (peer < 0) return;
  static int next;
  next = (next + 1) % MOST_PEERS;
  if (peers[next] > 0) {
    int oldest = peers[next];
    drop_peer(oldest);
    close(oldest);
  }
  if (add(peer, PEER, (struct target){0}) < 0) close(peer);
  else peers[next] = peer;
}

static void dispatch(int fd, uint32_t events) {
  if (fd >= room) return;
  struct watch *watch = &watches[fd];
  switch (watch->kind) {
    case DESCRIPTOR:
      descriptor_ready(watch, fd, events);
      break;
    case CHILD:
      child_gone(watch->read, fd);
      break;
    case PARENT:
      if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) parent_gone(watch->read, fd);
      break;
    case LISTENER:
      accept_peer(fd);
      break;
    case PEER:
      drop_peer(fd);
      pp_keeper_answer(fd);
      pp_keeper_reserve();
      break;
    case NONE:
      break;
  }
}

static void *run(void *unused) {
  (void)unused;
  struct epoll_event events[BATCH];
  for (;;) {
    int count = epoll_wait(poller, events, BATCH, -1);
    pthread_mutex_lock(&guard);
    for (int i = 0; i < count; i++) dispatch(events[i].data.fd, events[i].events);
    pthread_mutex_unlock(&guard);
    if (!exhausted) continue;
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000}, NULL);
    exhausted = false;
  }
  return NULL;
}

/* The rest is called with `guard` held. */

static int start(void) {
  if (poller >= 0) return 0;
  int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return -errno;
  poller = fd;
  int status = pp_thread_start(run, NULL);
  if (status < 0) {
    close(fd);
    poller = -1;
  }
  return status;
}

static int grow(int fd) {
  if (fd < room) return 0;
  int wanted = fd < 64 ? 128 : fd * 2;
  struct watch *larger = realloc(watches, (size_t)wanted * sizeof *watches);
  if (larger == NULL) return -ENOMEM;
  memset(larger + room, 0, (size_t)(wanted - room) * sizeof *larger);
  watches = larger;
  room = wanted;
  return 0;
}

static int add(int fd, enum kind kind, struct target target) {
  int status = start();
  if (status == 0) status = grow(fd);
  if (status < 0) return status;
  watches[fd] = (struct watch){.kind = kind, .read = target};
  status = control(fd, EPOLL_CTL_ADD);
  if (status == -EEXIST) status = control(fd, EPOLL_CTL_MOD);
  return status;
}

static int add_guarded(int fd, enum kind kind, struct target target) {
  if (fd < 0) return -EBADF;
  pthread_mutex_lock(&guard);
  int status = add(fd, kind, target);
  pthread_mutex_unlock(&guard);
  return status;
}

int pp_reactor_watch_child(int32_t inbox, int32_t id, int pidfd) {
  return add_guarded(pidfd, CHILD, (struct target){inbox, id, true});
}

int pp_reactor_watch_keeper(int32_t inbox, int listener) {
  pthread_mutex_lock(&guard);
  pp_keeper_reserve();
  int status = add(listener, LISTENER, (struct target){inbox, 0, true});
  pthread_mutex_unlock(&guard);
  return status;
}

int32_t pp_watch_fd(int32_t inbox, int32_t id, int32_t fd, int32_t write) {
  if (fd < 0) return -EBADF;
  pthread_mutex_lock(&guard);
  int status = start();
  if (status == 0) status = grow(fd);
  if (status == 0) {
    struct watch *watch = &watches[fd];
    bool known = watch->kind == DESCRIPTOR;
    if (!known) *watch = (struct watch){.kind = DESCRIPTOR};
    *(write ? &watch->write : &watch->read) = (struct target){inbox, id, true};
    status = control(fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD);
    if (status == -ENOENT) status = control(fd, EPOLL_CTL_ADD);
    if (status == -EEXIST) status = control(fd, EPOLL_CTL_MOD);
  }
  pthread_mutex_unlock(&guard);
  return status;
}

static char *copy_paths(const char *paths) {
  size_t length = 1;
  for (const char *path = paths; *path != '\0'; path += strlen(path) + 1) length += strlen(path) + 1;
  char *copy = malloc(length);
  if (copy != NULL) memcpy(copy, paths, length);
  return copy;
}

int32_t pp_watch_parent(int32_t inbox, int32_t id, int32_t channel, const char *paths, int32_t detached) {
  /* JavaScript watches the channel too, and a descriptor is watched once. */
  int fd = fcntl(channel, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return -errno;
  orphaned = copy_paths(paths);
  if (orphaned == NULL) return -ENOMEM;
  lives_on = detached != 0;
  return add_guarded(fd, PARENT, (struct target){inbox, id, true});
}

int32_t pp_close(int32_t fd) {
  pthread_mutex_lock(&guard);
  if (fd >= 0 && fd < room && watches[fd].kind != NONE) {
    watches[fd].kind = NONE;
    epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
  }
  int status = close(fd) < 0 ? -errno : 0;
  pthread_mutex_unlock(&guard);
  return status;
}

void pp_reactor_forget(int32_t inbox) {
  pthread_mutex_lock(&guard);
  for (int fd = 0; fd < room; fd++) {
    struct watch *watch = &watches[fd];
    if (watch->kind == NONE) continue;
    if (watch->kind == LISTENER && watch->read.inbox == inbox) {
      watch->kind = NONE;
      close(fd);
      continue;
    }
    /* A child is still reaped; nobody is told. */
    if (watch->read.inbox == inbox) watch->read = (struct target){.inbox = NOBODY};
    if (watch->write.inbox == inbox) watch->write = (struct target){.inbox = NOBODY};
  }
  pthread_mutex_unlock(&guard);
}
