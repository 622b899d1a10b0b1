#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/segment.h"
#include "polyproc.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int32_t pp_abi(void) { return PP_ABI; }

/* Does to this process, which is not its own child, what is done to children later. */
static int probe_pidfd(char *feature) {
  strcpy(feature, "pidfd_open");
  int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
  if (fd < 0) return -errno;
  int status = 0;
  strcpy(feature, "pidfd_send_signal");
  if (syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) < 0) status = -errno;
  if (status == 0) {
    strcpy(feature, "waitid(P_PIDFD)");
    siginfo_t info;
    if (waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) < 0 && errno != ECHILD) status = -errno;
  }
  close(fd);
  return status;
}

static int probe_memory(struct pp_segment *segment) {
  int status = pp_segment_make(segment, 8192);
  return status < 0 ? status : pp_segment_fill(segment, 0, 8192);
}

int32_t pp_probe(char *feature) {
  struct pp_segment segment = {.fd = -1, .own_fd = -1};
  int status = probe_pidfd(feature);
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
