/* Watches that JavaScript asks for: an event once a descriptor is readable or writable. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "polyproc.h"
#include "wait/inbox.h"
#include "wait/owned.h"
#include "wait/reactor.h"

static uint32_t interests(const struct pp_watched *watched) {
  return (watched->read.wanted ? EPOLLIN | EPOLLRDHUP : 0) | (watched->write.wanted ? EPOLLOUT : 0) | EPOLLONESHOT;
}

static void ready(struct pp_watched *watched, int fd, uint32_t events) {
  bool ended = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if (watched->read.wanted && (ended || (events & (EPOLLIN | EPOLLRDHUP)) != 0)) {
    watched->read.wanted = false;
    pp_inbox_post(watched->read.inbox, watched->read.id, 0);
  }
  if (watched->write.wanted && (ended || (events & EPOLLOUT) != 0)) {
    watched->write.wanted = false;
    pp_inbox_post(watched->write.inbox, watched->write.id, 0);
  }
  /* EPOLLONESHOT switched both directions off. The one that is still waited for goes on. */
  if (watched->read.wanted || watched->write.wanted) pp_reactor_change(fd, interests(watched));
}

int32_t pp_watch_fd(int32_t inbox, int32_t id, int32_t fd, int32_t write) {
  if (fd < 0) return -EBADF;
  int poller = pp_inbox_poller(inbox);
  pp_reactor_lock();
  struct pp_watched *known = pp_reactor_find(fd);
  bool changes = known != NULL && known->ready == ready && known->poller == poller;
  struct pp_watched watched = changes ? *known : (struct pp_watched){.ready = ready, .poller = poller};
  *(write ? &watched.write : &watched.read) = (struct pp_target){inbox, id, true};
  if (changes) *known = watched;
  int status = changes ? pp_reactor_change(fd, interests(&watched)) : -ENOENT;
  /* The descriptor is new, or it was closed elsewhere and its number belongs to another file now. */
  if (status == -ENOENT) status = pp_reactor_add(fd, interests(&watched), &watched);
  pp_reactor_unlock();
  return status;
}

int32_t pp_duplicate(int32_t fd) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return copy < 0 ? -errno : copy;
}

int32_t pp_close(int32_t fd) {
  pp_reactor_lock();
  pp_reactor_remove(fd);
  pp_owned_remove(fd);
  int status = close(fd) < 0 ? -errno : 0;
  pp_reactor_unlock();
  return status;
}
