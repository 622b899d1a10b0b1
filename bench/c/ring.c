/* The queue of the shim without any JavaScript: items of 32 bytes a second from one process to another or, with --what=1, microseconds
 * of a round trip through two queues. The native backend can't be faster. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "polyproc.h"

#define SIZE 32

static int32_t there, back;
static int done[2];
static uint8_t item[SIZE];

static void put(int32_t queue) {
  for (int32_t status = -1; status != 0;) {
    status = pp_queue_put(queue, item, SIZE, 1000);
    if (status < 0 && status != -11 && status != -16) exit(1);
  }
}

static void get(int32_t queue) {
  uint8_t bytes[SIZE];
  for (int32_t status = -1; status < 0;) {
    status = pp_queue_get(queue, bytes, SIZE, 1000);
    if (status < 0 && status != -11 && status != -16) exit(1);
    if (status >= 0) memcpy(item, bytes, SIZE);
  }
}

/* Puts the items of a pass. The last one is marked, and the child confirms it. */
static void flood(int64_t count) {
  memset(item, 0, SIZE);
  for (int64_t i = 1; i < count; i++) put(there);
  item[0] = 1;
  put(there);
  char byte;
  if (read(done[0], &byte, 1) != 1) exit(1);
}

static void exchange(int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    put(there);
    get(back);
  }
}

/* Echoes, or confirms passes. A forked child is the same participant as its parent until it opens the queues itself. */
static void serve(int what) {
  int32_t mine = pp_queue_open(0, dup(pp_queue_fd(there)));
  int32_t theirs = pp_queue_open(0, dup(pp_queue_fd(back)));
  if (mine < 0 || theirs < 0) exit(1);
  for (;;) {
    get(mine);
    if (what == 1) put(theirs);
    else if (item[0] == 1 && write(done[1], "", 1) != 1) exit(1);
  }
}

int main(int argc, char **argv) {
  uint64_t unbounded = 0;
  int what = (int)setting(argc, argv, "what", 0);
  there = pp_queue_make(0, &unbounded, 0);
  back = pp_queue_make(0, &unbounded, 0);
  if (there < 0 || back < 0 || pipe(done) < 0) return 1;
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) serve(what);
  int64_t ms = setting(argc, argv, "ms", 1000);
  report(what == 1 ? round_trip(exchange, ms, setting(argc, argv, "pause", 0)) : rate(flood, ms, 64));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return 0;
}
