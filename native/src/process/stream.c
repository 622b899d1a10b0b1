#include "process/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "polyproc.h"
#include "wait/spin.h"

#define MOST_SPINNERS 1024
/* Copying so many bytes takes longer than a wake-up. A thread that waits for a message after such a transfer sleeps for this time in place of a spin. */
#define LARGE (16 << 10)
#define NAP_US 200
#define ONE_LOOK (-1) /* in place of the time when a spin ends: look once more, and do not spin */

/* One spinner for each descriptor. Two descriptors may share one, which makes its guesses worse and nothing wrong. */
static struct pp_spinner spinners[MOST_SPINNERS];
static _Atomic bool large[MOST_SPINNERS]; /* whether the last transfer was a large one */

static int ready(int fd, short events, int32_t ms) {
  struct pollfd poller = {.fd = fd, .events = events};
  int status = poll(&poller, 1, ms);
  return status < 0 ? (errno == EINTR ? 0 : -errno) : status;
}

/* The other end needs a core to copy what is waited for, and a spin would keep this one from it. Tells whether to look again. */
static bool nap(int fd) {
  struct pp_spinner *spinner = &spinners[(unsigned)fd % MOST_SPINNERS];
  if (!pp_spin_may_pay(spinner)) return false;
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  bool paid = ppoll(&poller, 1, &(struct timespec){.tv_nsec = NAP_US * 1000}, NULL) > 0;
  pp_spin_paid(spinner, paid);
  return paid;
}

static void note_size(int fd, ssize_t count) {
  if (count > 0) atomic_store_explicit(&large[(unsigned)fd % MOST_SPINNERS], count >= LARGE, memory_order_relaxed);
}

/* One turn of a spin: pauses, and tells whether to look again. `until` is when the spin ends, and 0 before the first turn. If spinning has
 * not paid lately, there is one turn, in which other threads get the core. */
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

/* Records that a spin, if there was one, has paid. */
static void found(int fd, int64_t until) {
  if (until > 0) pp_spin_paid(&spinners[(unsigned)fd % MOST_SPINNERS], true);
}

int32_t pp_readable(int32_t fd, int32_t ms) {
  int64_t until = 0;
  int status = ready(fd, POLLIN, 0);
  if (status != 0 || ms == 0) return status;
  while (status == 0 && look_again(fd, &until)) status = ready(fd, POLLIN, 0);
  if (status == 0) return ready(fd, POLLIN, ms);
  found(fd, until);
  return status;
}

int32_t pp_writable(int32_t fd, int32_t or_readable, int32_t ms) { return ready(fd, (short)(or_readable ? POLLOUT | POLLIN : POLLOUT), ms); }

/* After EAGAIN: spins, then sleeps once for the time in `ms`. Returns 1 to try the call again, and 0 if the time is over. */
static int try_again(int fd, short events, int32_t *ms, int64_t *until) {
  if (look_again(fd, until)) return 1;
  *until = ONE_LOOK;
  int status = *ms == 0 ? 0 : ready(fd, events, *ms);
  *ms = 0;
  return status;
}

static int32_t stream_read(int fd, struct msghdr *message, int32_t ms, bool naps) {
  for (int64_t until = 0;;) {
    ssize_t count = recvmsg(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      if (naps && until == 0 && atomic_load_explicit(&large[(unsigned)fd % MOST_SPINNERS], memory_order_relaxed)) {
        until = ONE_LOOK;
        if (nap(fd)) continue;
      }
      int status = try_again(fd, POLLIN, &ms, &until);
      if (status <= 0) return status < 0 ? status : -EAGAIN;
      continue;
    }
    found(fd, until);
    note_size(fd, count);
    return count >= 0 ? (int32_t)count : errno == ECONNRESET ? 0 : -errno;
  }
}

int32_t pp_stream_read(int fd, struct msghdr *message, int32_t ms) { return stream_read(fd, message, ms, true); }

int32_t pp_read(int32_t fd, uint8_t *bytes, int32_t offset, int32_t length, int32_t ms) {
  struct iovec part = {.iov_base = bytes + offset, .iov_len = (size_t)length};
  return stream_read(fd, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, ms, false);
}

int32_t pp_stream_write(int fd, const struct msghdr *message, int32_t ms) {
  for (int64_t until = 0;;) {
    ssize_t sent = sendmsg(fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      int status = try_again(fd, POLLOUT, &ms, &until);
      if (status <= 0) return status < 0 ? status : -EAGAIN;
      continue;
    }
    found(fd, until);
    note_size(fd, sent);
    return sent >= 0 ? (int32_t)sent : errno == ECONNRESET ? -EPIPE : -errno;
  }
}

int32_t pp_write(int32_t fd, const uint8_t *bytes, int32_t offset, int32_t length, int32_t ms) {
  struct iovec part = {.iov_base = (void *)(uintptr_t)(bytes + offset), .iov_len = (size_t)length};
  return pp_stream_write(fd, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, ms);
}
