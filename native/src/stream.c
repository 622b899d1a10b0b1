/* Stream sockets, and messages on them as CPython's multiprocessing.connection frames them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "futex.h"
#include "polyproc.h"

#define MOST_SPINNERS 1024
#define ONE_LOOK (-1) /* as the end of a spin */
#define BUFFER (1 << 20)

int32_t pp_socketpair(int32_t *fds, int32_t duplex) {
  int pair[2];
  /* Blocking for whoever uses them by plain reads and writes; nothing here does. */
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

/* By descriptor; two that share one are merely guessed at together. */
static struct pp_spinner spinners[MOST_SPINNERS];

static int ready(int fd, short events, int32_t ms) {
  struct pollfd poller = {.fd = fd, .events = events};
  int status = poll(&poller, 1, ms);
  return status < 0 ? (errno == EINTR ? 0 : -errno) : status;
}

/* Waits are short in a busy exchange: then looking again is cheaper than being woken. Pauses, and says whether to look; `until` is 0
 * before the first time. Where spinning has not paid lately, others get the core for a moment, and there is one look more. */
static bool look_again(int fd, int64_t *until) {
  struct pp_spinner *spinner = &spinners[(unsigned)fd % MOST_SPINNERS];
  if (*until < 0) return false;
  if (*until == 0) *until = pp_spin_may_pay(spinner) ? pp_now() + PP_SPIN_US : ONE_LOOK;
  else if (pp_now() >= *until) {
    pp_spin_paid(spinner, false);
    return false;
  }
  for (int i = 0; i < 20; i++) pp_pause();
  pp_yield();
  return true;
}

static void looked(int fd, int64_t until) {
  if (until > 0) pp_spin_paid(&spinners[(unsigned)fd % MOST_SPINNERS], true);
}

int32_t pp_readable(int32_t fd, int32_t ms) {
  int64_t until = 0;
  int status = ready(fd, POLLIN, 0);
  if (status != 0 || ms == 0) return status;
  while (status == 0 && look_again(fd, &until)) status = ready(fd, POLLIN, 0);
  if (status == 0) return ready(fd, POLLIN, ms);
  looked(fd, until);
  return status;
}

/* Another try is due after EAGAIN: 1, or 0 where there was nothing in time. */
static int try_again(int fd, short events, int32_t *ms, int64_t *until) {
  if (look_again(fd, until)) return 1;
  *until = ONE_LOOK;
  int status = *ms == 0 ? 0 : ready(fd, events, *ms);
  *ms = 0;
  return status;
}

int32_t pp_read(int32_t fd, uint8_t *bytes, int32_t offset, int32_t length, int32_t ms) {
  for (int64_t until = 0;;) {
    ssize_t count = recv(fd, bytes + offset, (size_t)length, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      int status = try_again(fd, POLLIN, &ms, &until);
      if (status <= 0) return status < 0 ? status : -EAGAIN;
      continue;
    }
    looked(fd, until);
    return count >= 0 ? (int32_t)count : errno == ECONNRESET ? 0 : -errno;
  }
}

static int32_t write_parts(int fd, struct iovec *parts, int count, int32_t ms) {
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
  for (int64_t until = 0;;) {
    ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      int status = try_again(fd, POLLOUT, &ms, &until);
      if (status <= 0) return status < 0 ? status : -EAGAIN;
      continue;
    }
    looked(fd, until);
    return sent >= 0 ? (int32_t)sent : errno == ECONNRESET ? -EPIPE : -errno;
  }
}

int32_t pp_write(int32_t fd, const uint8_t *bytes, int32_t offset, int32_t length, int32_t ms) {
  struct iovec part = {.iov_base = (void *)(uintptr_t)(bytes + offset), .iov_len = (size_t)length};
  return write_parts(fd, &part, 1, ms);
}

int32_t pp_send(int32_t fd, const uint8_t *bytes, int32_t length, int32_t ms) {
  uint32_t size = (uint32_t)length;
  uint8_t header[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
  struct iovec parts[2] = {{.iov_base = header, .iov_len = sizeof header}, {.iov_base = (void *)(uintptr_t)bytes, .iov_len = (size_t)length}};
  return write_parts(fd, parts, length > 0 ? 2 : 1, ms);
}

/* A header is 4 bytes, or 0xffffffff and 8 bytes. */
static int header_size(const struct pp_incoming *incoming) {
  return incoming->header_got >= 4 && memcmp(incoming->header, "\xff\xff\xff\xff", 4) == 0 ? 12 : 4;
}

static int64_t header_length(const uint8_t *bytes, int count) {
  uint64_t length = 0;
  for (int i = 0; i < count; i++) length = length << 8 | bytes[i];
  return length > PP_LARGEST ? -1 : (int64_t)length;
}

static int read_part(int fd, uint8_t *bytes, int32_t *got, int32_t wanted, int32_t *ms, bool begun) {
  while (*got < wanted) {
    int32_t count = pp_read(fd, bytes, *got, wanted - *got, *ms);
    if (count < 0) return count;
    if (count == 0) return begun || *got > 0 ? -ECONNABORTED : -ENODATA;
    *got += count;
    *ms = 0;
  }
  return 0;
}

int32_t pp_recv(int32_t fd, struct pp_incoming *incoming, uint8_t *bytes, int32_t room, int32_t ms) {
  /* It may have come with the connection, from a process that wrote what it liked. */
  if (incoming->header_got < 0 || incoming->header_got > 12 || incoming->got < 0 || (incoming->length >= 0 && incoming->got > incoming->length))
    return -EBADMSG;
  while (incoming->length < 0) {
    int wanted = header_size(incoming);
    int status = read_part(fd, incoming->header, &incoming->header_got, wanted, &ms, false);
    if (status < 0) return status;
    if (header_size(incoming) != wanted) continue;
    int64_t length = wanted == 4 ? header_length(incoming->header, 4) : header_length(incoming->header + 4, 8);
    if (length < 0) return -EBADMSG;
    incoming->length = (int32_t)length;
    incoming->got = 0;
  }
  if (incoming->length > room) return -EMSGSIZE;
  int status = read_part(fd, bytes, &incoming->got, incoming->length, &ms, true);
  if (status < 0) return status;
  status = incoming->length;
  incoming->length = -1;
  incoming->header_got = incoming->got = 0;
  return status;
}

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
