/* MiB a second of an echo through shared memory, as in memory-echo.ts: each side copies bytes into it and out of it, and notifies the other
 * over a socket pair, at which it looks a while before it sleeps. SharedMemory can't be faster. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

#define LOOKS 100

static int mine;
static size_t size;
static char *memory, *given, *reply;

static void notify(int fd) {
  if (write(fd, "", 1) != 1) exit(1);
}

static void wait_for_notice(int fd) {
  char byte;
  for (int looks = 0;; looks++) {
    ssize_t count = recv(fd, &byte, 1, looks < LOOKS ? MSG_DONTWAIT : 0);
    if (count == 1) return;
    if (count == 0 || errno != EAGAIN) exit(1);
    sched_yield();
  }
}

static void pass(int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    memcpy(memory, given, size);
    notify(mine);
    wait_for_notice(mine);
    memcpy(reply, memory + size, size);
  }
}

int main(int argc, char **argv) {
  int pair[2];
  size = (size_t)setting(argc, argv, "bytes", 1 << 20);
  int file = memfd_create("bench", MFD_CLOEXEC);
  given = malloc(size);
  reply = malloc(size);
  if (given == NULL || reply == NULL || file < 0 || ftruncate(file, (off_t)(2 * size)) < 0) return 1;
  memory = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return 1;
  memset(given, 7, size);
  mine = pair[0];
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(pair[0]);
    for (;;) {
      wait_for_notice(pair[1]);
      memcpy(reply, memory, size);
      memcpy(memory + size, reply, size);
      notify(pair[1]);
    }
  }
  close(pair[1]);
  report(2 * (double)size * rate(pass, setting(argc, argv, "ms", 1000), 1) / (1 << 20));
  close(mine);
  waitpid(child, NULL, 0);
  return 0;
}
