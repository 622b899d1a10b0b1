#include "base/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_status.h"
#include "base/room_left.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif
/* Older kernels start fallocate again from the beginning after a signal. A profiler that sends one each millisecond would keep a large
 * call from ever ending, so memory is reserved in small steps. */
#define FILL_STEP (1u << 20)
/* Smaller reservations do not look at the memory that is left, because the look would cost more than they do. */
#define ASK_FROM (1u << 16)
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int pp_segment_map(struct pp_segment *segment) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", segment->fd);
  segment->own_fd = open(path, O_RDWR | O_CLOEXEC);
  if (segment->own_fd < 0) return -errno;
  return pp_segment_map_at(segment, NULL, segment->fd);
}

int pp_segment_map_at(struct pp_segment *segment, void *address, int fd) {
  int fixed = address == NULL ? 0 : MAP_FIXED;
  void *base = mmap(address, segment->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | fixed, fd, 0);
  /* ENOMEM would be taken for a lack of memory. */
  if (base == MAP_FAILED) return errno == ENOMEM ? -EADDRNOTAVAIL : -errno;
  segment->base = base;
  /* A process that dies with a core dump keeps its locks until the dump is written. The dump would read the whole file, and give memory to
   * each of its holes. */
  madvise(base, segment->size, MADV_DONTDUMP);
  return 0;
}

static int finish(struct pp_segment *segment, int status) {
  if (status < 0) pp_segment_close(segment);
  return status;
}

int pp_segment_extend(int fd, uint64_t size) {
  /* ftruncate beyond the limit sends SIGXFSZ, which would end the process. */
  if (size > pp_file_size_limit()) return -EFBIG;
  return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

int pp_segment_make(struct pp_segment *segment, uint64_t size) {
  *segment = (struct pp_segment){.fd = -1, .own_fd = -1, .size = size};
  segment->fd = memfd_create("polyproc", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  if (segment->fd < 0 && errno == EINVAL) segment->fd = memfd_create("polyproc", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (segment->fd < 0) return -errno;
  int status = pp_segment_extend(segment->fd, size);
  if (status < 0) return finish(segment, status);
  if (fcntl(segment->fd, F_ADD_SEALS, SEALS) < 0) return finish(segment, -errno);
  return finish(segment, pp_segment_map(segment));
}

int pp_segment_open(struct pp_segment *segment, int fd) {
  *segment = (struct pp_segment){.fd = fd, .own_fd = -1};
  struct stat status;
  if (pp_fstat(fd, &status) < 0) return finish(segment, -errno);
  int seals = S_ISREG(status.st_mode) ? fcntl(fd, F_GET_SEALS) : -1;
  if (seals < 0 || (seals & SEALS) != SEALS || status.st_size < 4096) return finish(segment, -EBADMSG);
  segment->size = (uint64_t)status.st_size;
  return finish(segment, pp_segment_map(segment));
}

void pp_segment_close(struct pp_segment *segment) {
  if (segment->base != NULL) munmap(segment->base, segment->size);
  if (segment->own_fd >= 0) close(segment->own_fd);
  if (segment->fd >= 0) close(segment->fd);
  *segment = (struct pp_segment){.fd = -1, .own_fd = -1};
}

int pp_segment_fill(const struct pp_segment *segment, uint64_t offset, uint64_t length) {
  if (length >= ASK_FROM && length > pp_memory_left()) return -ENOMEM;
  for (uint64_t done = 0, step; done < length; done += step) {
    step = length - done < FILL_STEP ? length - done : FILL_STEP;
    while (fallocate(segment->fd, 0, (off_t)(offset + done), (off_t)step) < 0) {
      if (errno == EINTR) continue;
      int status = -errno;
      if (done > 0) pp_segment_punch(segment, offset, done);
      return status;
    }
  }
  return 0;
}

void pp_segment_punch(const struct pp_segment *segment, uint64_t offset, uint64_t length) {
  fallocate(segment->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length);
}
