#include "inspect/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file_status.h"

#define NAME "/memfd:polyproc (deleted)"
#define PATH 64

/* The other process may have another file under this number by now: a terminal, or a pipe. To open such a file could block or change
 * something. So at first nothing but its name is looked at. */
static int is_ours(int fd) {
  char path[PATH], name[sizeof NAME + 1];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(path, name, sizeof name);
  return length == sizeof NAME - 1 && memcmp(name, NAME, sizeof NAME - 1) == 0;
}

static int open_to_read(int32_t pid, int32_t fd) {
  char path[PATH];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
  int place = open(path, O_PATH | O_CLOEXEC);
  if (place < 0) return -errno;
  snprintf(path, sizeof path, "/proc/self/fd/%d", place);
  int status = is_ours(place) ? open(path, O_RDONLY | O_CLOEXEC) : -EBADMSG;
  if (status == -1) status = -errno;
  close(place);
  return status;
}

int pp_view_open(struct pp_segment *segment, int32_t pid, int32_t fd, uint64_t *inode) {
  *segment = (struct pp_segment){.fd = open_to_read(pid, fd), .own_fd = -1};
  if (segment->fd < 0) return segment->fd;
  struct stat file;
  int status = pp_fstat(segment->fd, &file) < 0 ? -errno : 0, seals = fcntl(segment->fd, F_GET_SEALS);
  /* Without the seals, the other process could cut the file, and a read of the mapping would end this one. */
  if (status == 0 && (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || file.st_size < 4096)) status = -EBADMSG;
  if (status == 0) {
    segment->size = (uint64_t)file.st_size;
    *inode = file.st_ino;
    void *base = mmap(NULL, segment->size < PP_VIEW ? segment->size : PP_VIEW, PROT_READ, MAP_SHARED, segment->fd, 0);
    if (base == MAP_FAILED) status = -errno;
    else segment->base = base;
  }
  if (status < 0) pp_view_close(segment);
  return status;
}

void pp_view_close(struct pp_segment *segment) {
  if (segment->base != NULL) munmap(segment->base, segment->size < PP_VIEW ? segment->size : PP_VIEW);
  close(segment->fd);
  *segment = (struct pp_segment){.fd = -1, .own_fd = -1};
}
