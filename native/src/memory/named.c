#include "memory/named.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/file_status.h"

#define WAIT_MS 100 /* for a process that may have been stopped while it removes a name */
#define LOOKS 1000

/* The bytes of the file that are locked. */
enum { HELD, REMOVING };

int pp_named_path(const char *name, char *path, size_t room) {
  if (*name == '\0' || strchr(name, '/') != NULL) return -EINVAL;
  if (strlen(name) > PP_NAMED_LONGEST) return -ENAMETOOLONG;
  snprintf(path, room, PP_NAMED_FOLDER PP_NAMED_PREFIX "%s", name);
  return 0;
}

static int lock_byte(int fd, int byte, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  int status;
  do status = fcntl(fd, F_OFD_SETLK, &lock);
  while (status < 0 && errno == EINTR);
  return status < 0 ? -errno : 0;
}

int pp_named_hold(int fd) { return lock_byte(fd, HELD, F_RDLCK); }

bool pp_named_is_at(int fd, const char *path) {
  struct stat ours, there;
  return pp_fstat(fd, &ours) == 0 && pp_lstat(path, &there) == 0 && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* Tells whether the process whose lock is in the way has a write lock: it is about to remove the name, and does not use the memory. */
static bool is_being_removed(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_RDLCK;
}

static void pause_a_moment(void) { nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000 / LOOKS}, NULL); }

int pp_named_remove(int fd, const char *path) {
  int status = lock_byte(fd, REMOVING, F_WRLCK);
  for (int looks = 0; status < 0 && looks < LOOKS; looks++) {
    pause_a_moment();
    status = lock_byte(fd, REMOVING, F_WRLCK);
  }
  if (status < 0) return -EBUSY;
  /* The lock is needed between this look and the removal. Otherwise another process could remove the name and a third one give it to new
   * memory in between. */
  status = pp_named_is_at(fd, path) ? 0 : -ENOENT;
  FAILPOINT("memory.last");
  if (status == 0 && unlink(path) < 0) status = -errno;
  lock_byte(fd, REMOVING, F_UNLCK);
  return status;
}

bool pp_named_remove_if_last(int fd, const char *path) {
  int status = lock_byte(fd, HELD, F_WRLCK);
  for (int looks = 0; status < 0 && looks < LOOKS && is_being_removed(fd); looks++) {
    pause_a_moment();
    status = lock_byte(fd, HELD, F_WRLCK);
  }
  return status == 0 && pp_named_remove(fd, path) == 0;
}
