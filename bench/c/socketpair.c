/* Two processes over a socket pair, by blocking calls: microseconds of a round trip or, with what=1, MiB a second of an echo. */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

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

static void pass(int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    write_all(mine);
    read_all(mine);
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
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(pair[0]);
    for (;;) {
      read_all(pair[1]);
      write_all(pair[1]);
    }
  }
  close(pair[1]);
  int64_t ms = setting(argc, argv, "ms", 1000);
  if (setting(argc, argv, "what", 0) == 0) report(round_trip(pass, ms, setting(argc, argv, "pause", 0)));
  else report(2 * (double)size * rate(pass, ms, 1) / (1 << 20));
  close(mine);
  waitpid(child, NULL, 0);
  return 0;
}
