/* The messages of the shim on a socket pair without any JavaScript: microseconds of a round trip. It is the limit for the pipe above. */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "polyproc.h"

#define SIZE 32
#define ROOM (1 << 16)

static int32_t mine;
static uint8_t item[SIZE], bytes[ROOM];
static struct pp_incoming incoming = {.length = -1};

static void send_one(int32_t fd) {
  if (pp_send(fd, item, SIZE, 1000) != SIZE + 4) exit(1);
}

static void receive(int32_t fd) {
  for (;;) {
    int32_t status = pp_recv(fd, &incoming, bytes, ROOM, 1000);
    if (status == SIZE) return;
    if (status != -EAGAIN) exit(status == -ENODATA ? 0 : 1);
  }
}

static void exchange(int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    send_one(mine);
    receive(mine);
  }
}

int main(int argc, char **argv) {
  int32_t pair[2];
  if (pp_socketpair(pair, 1) < 0) return 1;
  mine = pair[0];
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(pair[0]);
    for (;;) {
      receive(pair[1]);
      send_one(pair[1]);
    }
  }
  close(pair[1]);
  report(round_trip(exchange, setting(argc, argv, "ms", 1000), setting(argc, argv, "pause", 0)));
  close(mine);
  waitpid(child, NULL, 0);
  return 0;
}
