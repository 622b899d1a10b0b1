#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/segment.h"
#include "polyproc.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

int32_t pp_abi(void) { return PP_ABI; }

static int probe_pidfd(void) {
  int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
  if (fd < 0) return -errno;
  close(fd);
  return 0;
}

static int probe_memory(struct pp_segment *segment) {
  int status = pp_segment_make(segment, 8192);
  return status < 0 ? status : pp_segment_fill(segment, 0, 8192);
}

int32_t pp_probe(char *feature) {
  struct pp_segment segment = {.fd = -1, .own_fd = -1};
  strcpy(feature, "pidfd_open");
  int status = probe_pidfd();
  if (status == 0) {
    strcpy(feature, "memfd_create and fallocate");
    status = probe_memory(&segment);
  }
  if (status == 0) {
    strcpy(feature, "open file description locks");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    if (fcntl(segment.own_fd, F_OFD_SETLK, &lock) < 0) status = -errno;
  }
  pp_segment_close(&segment);
  return status;
}
