/* thread_test [MS]: for a race detector, threads play the part of processes, each with participants of its own. They use a queue of each
 * kind at the same time, and inboxes, watched descriptors, watched queues, kept descriptors and sockets. See one_mapping.c. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "polyproc.h"

#define PRODUCERS 2
#define CONSUMERS 2
#define CALLERS 3
#define ITEMS 500

static int64_t over;
static int queue_fd;
static char keeper_path[64];

static bool is_over(void) { return pp_now() > over; }

/* --- a queue: producers, consumers, and a visitor that opens and closes it again and again --- */

static _Atomic uint64_t put_sum, got_sum, got_count;

static void settle(int status) { CHECK(status >= 0 || status == -EAGAIN || status == -EBUSY); }

static int put_list(int queue, uint64_t item) {
  uint8_t list[12] = {[3] = 8};
  int32_t room;
  int status;
  memcpy(list + 4, &item, 8);
  while ((status = pp_queue_put_list(queue, list, sizeof list, &room)) < 0) settle(status);
  return status;
}

/* Takes an item, alone or as a list of one. */
static int take(int queue, bool list, uint64_t *item) {
  uint8_t bytes[600];
  int status = list ? pp_queue_get_list(queue, bytes, sizeof bytes, 1, 20) : pp_queue_get(queue, bytes, sizeof bytes, 20);
  if (status >= 0) memcpy(item, bytes + (list ? 4 : 0), 8);
  return status;
}

static void *produce(void *argument) {
  int queue = pp_queue_open(-1, dup(queue_fd));
  CHECK(queue >= 0);
  for (uint64_t i = 0; i < ITEMS; i++) {
    uint64_t item[64] = {(uint64_t)(uintptr_t)argument * ITEMS + i};
    int status;
    if (i % 2 == 0) status = put_list(queue, item[0]);
    else while ((status = pp_queue_put(queue, (const uint8_t *)item, (int32_t)(8 + i % 505), 20)) < 0) settle(status);
    put_sum += item[0];
  }
  CHECK(pp_queue_close(queue) == 0);
  return NULL;
}

static void *consume(void *unused) {
  (void)unused;
  int queue = pp_queue_open(-1, dup(queue_fd));
  CHECK(queue >= 0);
  while (got_count < PRODUCERS * ITEMS) {
    uint64_t item;
    int status = take(queue, got_count % 3 == 0, &item);
    settle(status);
    if (status < 0) continue;
    got_sum += item;
    got_count++;
    while ((status = pp_queue_task_done(queue)) == -EBUSY) continue;
    CHECK(status == 0);
  }
  CHECK(pp_queue_close(queue) == 0);
  return NULL;
}

static void *come_and_go(void *unused) {
  (void)unused;
  struct pp_queue_stats stats;
  while (got_count < PRODUCERS * ITEMS) {
    int queue = pp_queue_open(-1, dup(queue_fd));
    if (queue == -EBUSY) continue;
    CHECK(queue >= 0);
    settle(pp_queue_stats(queue, &stats));
    settle(pp_queue_join(queue, 1));
    settle(pp_queue_poll(queue));
    pp_queue_wait(queue, PP_DONE, 2);
    CHECK(pp_queue_close(queue) == 0);
  }
  return NULL;
}

static void share_queue(uint64_t maxsize, int redeliver) {
  pthread_t threads[PRODUCERS + CONSUMERS + 1];
  int count = 0, queue = pp_queue_make(-1, &maxsize, redeliver), status;
  CHECK(queue >= 0);
  queue_fd = pp_queue_fd(queue);
  put_sum = got_sum = got_count = 0;
  for (uintptr_t i = 0; i < PRODUCERS; i++) CHECK(pthread_create(&threads[count++], NULL, produce, (void *)i) == 0);
  for (int i = 0; i < CONSUMERS; i++) CHECK(pthread_create(&threads[count++], NULL, consume, NULL) == 0);
  CHECK(pthread_create(&threads[count++], NULL, come_and_go, NULL) == 0);
  while (count > 0) CHECK(pthread_join(threads[--count], NULL) == 0);
  CHECK(got_count == PRODUCERS * ITEMS && got_sum == put_sum);
  while ((status = pp_queue_join(queue, 0)) == -EBUSY) continue;
  CHECK(status == 0 && pp_queue_shutdown(queue, 1) == 0 && pp_queue_get(queue, NULL, 0, 0) == -ESHUTDOWN);
  CHECK(pp_queue_close(queue) == 0);
}

/* --- all that a JavaScript thread does with the rest of the library --- */

static int32_t wait_for(int32_t inbox, int32_t id) {
  int32_t events[16];
  for (int tries = 0; tries < 2000; tries++) {
    int32_t count = pp_inbox_take(inbox, events, 8);
    CHECK(count >= 0);
    for (int32_t i = 0; i < count; i++)
      if (events[2 * i] == id) return events[2 * i + 1];
    CHECK(pp_inbox_wait(inbox, 10) >= 0);
  }
  CHECK(!"the event comes");
  return -1;
}

static void talk(int32_t inbox, int32_t id) {
  int32_t fds[2];
  uint8_t bytes[64];
  struct pp_incoming incoming = {.length = -1};
  CHECK(pp_socketpair(fds, 1) == 0 && pp_check_socket(fds[0]) == 0);
  CHECK(pp_watch_fd(inbox, id, fds[0], 0) == 0 && pp_watch_fd(inbox, id + 1, fds[0], 1) == 0);
  wait_for(inbox, id + 1);
  CHECK(pp_send(fds[1], (const uint8_t *)"hello", 5, 0) == 9);
  CHECK(wait_for(inbox, id) == 0 && pp_recv(fds[0], &incoming, bytes, sizeof bytes, 100) == 5);
  CHECK(pp_close(fds[0]) == 0 && pp_close(fds[1]) == 0);
}

/* A thread ends while one of its descriptors is watched and ready. Its poller must not stay ready: an event loop would never rest. */
static void end_with_watch(int32_t inbox, int32_t id, int32_t poller) {
  int32_t fds[2];
  CHECK(pp_socketpair(fds, 1) == 0 && pp_watch_fd(inbox, id, fds[0], 1) == 0);
  struct pollfd watched = {.fd = poller, .events = POLLIN};
  if (poller >= 0) CHECK(poll(&watched, 1, 2000) == 1);
  CHECK(pp_inbox_close(inbox) == 0 && poll(&watched, 1, 0) == 0);
  CHECK(pp_close(fds[0]) == 0 && pp_close(fds[1]) == 0);
}

static void sleep_on_queue(int32_t inbox, int32_t id) {
  uint64_t maxsize = 0;
  uint8_t bytes[8];
  int32_t queue = pp_queue_make(inbox, &maxsize, 0);
  int32_t other = pp_queue_open(inbox, fcntl(pp_queue_fd(queue), F_DUPFD_CLOEXEC, 3));
  CHECK(queue >= 0 && other >= 0 && pp_queue_get(queue, bytes, sizeof bytes, 0) == -EAGAIN);
  CHECK(pp_queue_watch(queue, id, PP_ITEMS) == 0);
  CHECK(pp_queue_put(other, (const uint8_t *)"item", 4, 0) == 0);
  CHECK(wait_for(inbox, id) == PP_ITEMS && pp_queue_get(queue, bytes, sizeof bytes, 0) == 4);
  CHECK(pp_queue_watch(queue, id + 1, PP_GET_LOCK) == 0 && pp_queue_watch(other, id + 2, PP_ITEMS) == 0);
  CHECK(wait_for(inbox, id + 1) == PP_GET_LOCK && pp_queue_pass(other, PP_ITEMS) == 0);
  /* One queue is closed while it is watched. The other one is closed with the inbox. */
  CHECK(pp_queue_close(other) == 0);
}

static int32_t claim(const char *path, const uint8_t *token) {
  if (*path == '\0') return pp_claim(token);
  int32_t status = -ECONNRESET;
  while (status == -ECONNRESET) {
    status = pp_claim_begin(path, token);
    if (status >= 0) status = pp_claim_end(status, -1);
  }
  return status;
}

static void keep_and_claim(uint8_t number, const char *path) {
  uint8_t token[16] = {number, (uint8_t)(*path != '\0')};
  int32_t fds[2];
  CHECK(pp_socketpair(fds, 0) == 0 && claim(path, token) == -ENOENT);
  CHECK(pp_keep(-1, token, fds[0]) == 0 && pp_keep_sent(token, -1) == 0);
  int32_t claimed = claim(path, token);
  CHECK(claimed >= 0 && claim(path, token) == -ENOENT && pp_write(fds[1], (const uint8_t *)"x", 0, 1, 0) == 1);
  uint8_t byte;
  CHECK(pp_read(claimed, &byte, 0, 1, 0) == 1 && byte == 'x');
  CHECK(pp_close(claimed) == 0 && pp_close(fds[0]) == 0 && pp_close(fds[1]) == 0);
}

static void spawn_and_wait(int32_t inbox, int32_t id) {
  struct pp_spawn settings = {.fd = {-1, -1, -1}, .argc = 3, .inherit = 1};
  int32_t pid, pidfd = pp_spawn(inbox, id, &settings, "/bin/sh\0\0sh\0-c\0exit 7", &pid);
  CHECK(pidfd >= 0 && wait_for(inbox, id) == 7 && pp_signal(pidfd, 9) == -ESRCH && pp_close(pidfd) == 0);
}

static void *call(void *argument) {
  int number = (int)(intptr_t)argument;
  for (int round = 0; !is_over(); round++) {
    int32_t socket, poller = -1, inbox = pp_inbox_open(&socket);
    CHECK(inbox >= 0);
    if (round % 2 != 0) CHECK(pp_inbox_make_poller(inbox, &poller) == 0 && pp_inbox_make_poller(inbox, &poller) == -EEXIST);
    talk(inbox, 10);
    sleep_on_queue(inbox, 20);
    keep_and_claim((uint8_t)number, "");
    keep_and_claim((uint8_t)number, keeper_path);
    if (round % 8 == 0) spawn_and_wait(inbox, 30);
    end_with_watch(inbox, 40, poller);
    CHECK(pp_close(socket) == 0 && (poller < 0 || pp_close(poller) == 0));
  }
  return NULL;
}

static void call_from_threads(void) {
  pthread_t threads[CALLERS];
  char folder[] = "/tmp/pp-thread-XXXXXX";
  CHECK(mkdtemp(folder) != NULL);
  snprintf(keeper_path, sizeof keeper_path, "%s/keeper", folder);
  CHECK(pp_keeper_listen(-1, keeper_path) == 0 && pp_keeper_listen(-1, keeper_path) == -EADDRINUSE);
  for (intptr_t i = 0; i < CALLERS; i++) CHECK(pthread_create(&threads[i], NULL, call, (void *)i) == 0);
  for (int i = 0; i < CALLERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  unlink(keeper_path);
  rmdir(folder);
}

int main(int argc, char **argv) {
  over = pp_now() + (argc > 1 ? atoi(argv[1]) : 2000) * 1000ll;
  share_queue(0, 0);
  share_queue(3, 0);
  share_queue(0, 1);
  share_queue(3, 1);
  call_from_threads();
  printf("threads in place of processes: no race\n");
  return 0;
}
