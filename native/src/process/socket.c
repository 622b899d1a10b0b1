/* Making sockets and checking descriptors that are about to be used as such. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "polyproc.h"

#define BUFFER (1 << 20)

int32_t pp_socketpair(int32_t *fds, int32_t duplex) {
  int pair[2];
  /* The sockets are blocking, for programs that read and write them by plain calls. This library asks for MSG_DONTWAIT in each call. */
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  int size = BUFFER;
  for (int i = 0; i < 2; i++) setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (!duplex) {
    shutdown(pair[0], SHUT_WR);
    shutdown(pair[1], SHUT_RD);
  }
  fds[0] = pair[0];
  fds[1] = pair[1];
  return 0;
}

int32_t pp_check_socket(int32_t fd) {
  int type = 0, domain = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0) return -EBADMSG;
  return type == SOCK_STREAM && domain == AF_UNIX ? 0 : -EBADMSG;
}

/* This is here because a child's stdin is one of these sockets: the channel to its parent. */
int32_t pp_take_stdin(void) {
  int copy = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return -errno;
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, STDIN_FILENO) < 0) {
    int status = -errno;
    close(copy);
    if (null >= 0) close(null);
    return status;
  }
  close(null);
  return copy;
}
