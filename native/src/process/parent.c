/* The end of the parent. A child must not outlive its parent, even while its JavaScript computes and never returns to the event loop. So
 * the reactor's thread watches the channel to the parent and ends the process: by SIGTERM, for which the program may have a handler that
 * cleans up, and after a second by SIGKILL. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/file_status.h"
#include "polyproc.h"
#include "wait/inbox.h"
#include "wait/reactor.h"

#define SECONDS_TO_END 1

/* The reactor's guard protects these. */
static char *orphaned; /* the paths to remove when the parent is gone */
static bool lives_on;  /* the process is detached */

/* The channel to the parent: two descriptors of one socket, and the socket's own number. */
static int channels[2] = {-1, -1};
static ino_t socket_number;
static _Atomic bool ends_with_parent, gone;

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

/* Lets the kernel kill this process after a while. The kernel does that whatever the process does until then, also while it is stopped. */
static void kill_later(void) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
  struct itimerspec after = {.it_value.tv_sec = SECONDS_TO_END};
  int timer;
  if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) < 0 || syscall(SYS_timer_settime, timer, 0, &after, NULL) < 0)
    kill(getpid(), SIGKILL);
}

/* Whether the other end of the channel is closed. Another file may have got the number of one of its descriptors, if something in this
 * process closed a descriptor that is not its own. That file says nothing about the parent. */
static bool is_closed(void) {
  for (int i = 0; i < 2; i++) {
    struct stat status;
    if (pp_fstat(channels[i], &status) < 0 || status.st_ino != socket_number || !S_ISSOCK(status.st_mode)) continue;
    struct pollfd poller = {.fd = channels[i], .events = POLLRDHUP};
    return poll(&poller, 1, 0) > 0;
  }
  return false;
}

static void parent_ended(struct pp_watched *watched, int channel, uint32_t events) {
  /* The event may have come from another descriptor that had this number before. */
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  if (!is_closed()) {
    pp_reactor_rest();
    return;
  }
  struct pp_target target = watched->read;
  pp_reactor_remove(channel);
  pp_inbox_post(target.inbox, target.id, 0);
  if (lives_on) return;
  atomic_store(&gone, true);
  for (const char *path = orphaned; *path != '\0'; path += strlen(path) + 1) remove_path(path);
  kill_later();
  kill(getpid(), SIGTERM);
}

int32_t pp_parent_gone(void) {
  return atomic_load(&gone) || (atomic_load(&ends_with_parent) && is_closed());
}

static char *copy_paths(const char *paths) {
  size_t length = 1;
  for (const char *path = paths; *path != '\0'; path += strlen(path) + 1) length += strlen(path) + 1;
  char *copy = malloc(length);
  if (copy != NULL) memcpy(copy, paths, length);
  return copy;
}

int32_t pp_watch_parent(int32_t inbox, int32_t id, int32_t channel, const char *paths, int32_t detached) {
  /* JavaScript watches the channel too, and the reactor has one watch for each descriptor. So this watches a duplicate. */
  int fd = fcntl(channel, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return -errno;
  char *copy = copy_paths(paths);
  if (copy == NULL) {
    close(fd);
    return -ENOMEM;
  }
  struct stat about;
  if (pp_fstat(fd, &about) == 0) socket_number = about.st_ino;
  channels[0] = fd;
  channels[1] = channel;
  struct pp_watched watched = {.ready = parent_ended, .read = {inbox, id, true}};
  /* EPOLLIN is left out. What the parent sends is for JavaScript to read, and until then the thread would be woken again and again. */
  pp_reactor_lock();
  int status = pp_reactor_add(fd, EPOLLRDHUP, &watched);
  if (status == 0) {
    orphaned = copy;
    lives_on = detached != 0;
    atomic_store(&ends_with_parent, !lives_on);
  }
  pp_reactor_unlock();
  if (status < 0) {
    free(copy);
    close(fd);
  }
  return status;
}
