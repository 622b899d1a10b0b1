/* Two processes over a socket pair, with blocking calls: microseconds of a round trip or, with --what=1, MiB a second of an echo. With
 * --what=2 a round trip of the shim's messages, without any JavaScript. The pipes of the native backend can't be faster. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "polyproc.h"

#define BUFFER (1 << 20)

static int mine;
static size_t size;
static char *bytes;

static void read_all(int fd) {
  for (size_t at = 0; at < size;) {
    ssize_t count = read(fd, bytes + at, size - at);
    if (count <= 0) exit(1);
    at += (size_t)count;
  }
}

static void write_all(int fd) {
  for (size_t at = 0; at < size;) {
    ssize_t count = write(fd, bytes + at, size - at);
    if (count <= 0) exit(1);
    at += (size_t)count;
  }
}

static void send_message(int fd) {
  if (pp_send(fd, (const uint8_t *)bytes, (int32_t)size, 1000) != (int32_t)size + 4) exit(1);
}

static void receive_message(int fd) {
  static struct pp_incoming incoming = {.length = -1};
  for (int32_t status = -EAGAIN; status < 0;) {
    status = pp_recv(fd, &incoming, (uint8_t *)bytes, (int32_t)size, 1000);
    if (status < 0 && status != -EAGAIN) exit(1);
  }
}

static void (*receive)(int) = read_all, (*give)(int) = write_all;

static void pass(int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    give(mine);
    receive(mine);
  }
}

int main(int argc, char **argv) {
  int pair[2];
  size = (size_t)setting(argc, argv, "bytes", 32);
  bytes = calloc(1, size);
  if (bytes == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return 1;
  int buffer = BUFFER;
  for (int i = 0; i < 2; i++) setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  mine = pair[0];
  int64_t what = setting(argc, argv, "what", 0);
  if (what == 2) {
    receive = receive_message;
    give = send_message;
  }
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(pair[0]);
    for (;;) {
      receive(pair[1]);
      give(pair[1]);
    }
  }
  close(pair[1]);
  int64_t ms = setting(argc, argv, "ms", 1000);
  if (what == 1) report(2 * (double)size * rate(pass, ms, 1) / (1 << 20));
  else report(round_trip(pass, ms, setting(argc, argv, "pause", 0)));
  close(mine);
  waitpid(child, NULL, 0);
  return 0;
}
