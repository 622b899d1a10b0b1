/* The end of the parent. A child must not outlive its parent, even while its JavaScript computes and never returns to the event loop. So
 * the reactor's thread watches the channel to the parent and ends the process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "polyproc.h"
#include "wait/inbox.h"
#include "wait/reactor.h"

/* The reactor's guard protects these. */
static char *orphaned; /* the paths to remove when the parent is gone */
static bool lives_on;  /* the process is detached */

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

static void parent_ended(struct pp_watched *watched, int channel, uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  if (lives_on) {
    struct pp_target target = watched->read;
    pp_reactor_remove(channel);
    pp_inbox_post(target.inbox, target.id, 0);
    return;
  }
  for (const char *path = orphaned; *path != '\0'; path += strlen(path) + 1) remove_path(path);
  kill(getpid(), SIGKILL);
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
  struct pp_watched watched = {.ready = parent_ended, .read = {inbox, id, true}};
  /* EPOLLIN is left out. What the parent sends is for JavaScript to read, and until then the thread would be woken again and again. */
  pp_reactor_lock();
  int status = pp_reactor_add(fd, EPOLLRDHUP, &watched);
  if (status == 0) {
    orphaned = copy;
    lives_on = detached != 0;
  }
  pp_reactor_unlock();
  if (status < 0) {
    free(copy);
    close(fd);
  }
  return status;
}
