/* The keeper's socket: any request from a client and any reply from a keeper, with descriptors. No descriptor may stay open. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../harness.h"
#include "input.h"
#include "polyproc.h"
#include "keeper/packet.h"
#include "keeper/server.h"

#define MOST 64

struct packet {
  uint8_t bytes[MOST];
  size_t length;
  int carried; /* how many descriptors go with it */
};

static struct packet answer;
static _Atomic int answered;
static char path[64];
static int null_fd;

static int send_packet(int fd, const struct packet *packet) {
  struct iovec part = {.iov_base = (void *)(uintptr_t)packet->bytes, .iov_len = packet->length};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(8 * sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (packet->carried > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE((size_t)packet->carried * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN((size_t)packet->carried * sizeof(int))};
    for (int i = 0; i < packet->carried; i++) memcpy(CMSG_DATA(header) + (size_t)i * sizeof(int), &null_fd, sizeof null_fd);
  }
  return (int)sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void fill(struct packet *packet, struct input *input) {
  uint64_t kind = take(input, 1);
  packet->carried = (int)(kind % 8);
  packet->length = take(input, 1) % MOST;
  if (kind & 8) packet->length = sizeof(struct pp_keeper_request);
  if (kind & 16) packet->length = 4;
  memset(packet->bytes, 0, sizeof packet->bytes);
  for (size_t i = 0; i < packet->length && input->left > 0; i++) packet->bytes[i] = (uint8_t)take(input, 1);
  uint32_t magic = PP_KEEPER_MAGIC;
  if (kind & 32) memcpy(packet->bytes, &magic, sizeof magic);
}

/* Returns the lowest free descriptor number. It grows if a descriptor was left open. */
static int lowest_free(void) {
  int fd = dup(null_fd);
  close(fd);
  return fd;
}

static void *keep_badly(void *argument) {
  int listener = (int)(intptr_t)argument;
  /* A thread that waits in accept() has already reserved a number for the new descriptor. */
  struct pollfd poller = {.fd = listener, .events = POLLIN};
  for (;;) {
    CHECK(poll(&poller, 1, -1) == 1);
    int peer = accept(listener, NULL, NULL);
    uint8_t request[MOST];
    CHECK(peer >= 0 && recv(peer, request, sizeof request, 0) == sizeof(struct pp_keeper_request));
    /* An empty packet cannot be told from the end of the connection, so the keeper hangs up. */
    if (answer.length > 0) send_packet(peer, &answer);
    close(peer);
    answered = 1;
  }
  return NULL;
}

static void prepare(void) {
  char folder[] = "/tmp/pp-fuzz-XXXXXX";
  pthread_t thread;
  CHECK(mkdtemp(folder) != NULL);
  null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  snprintf(path, sizeof path, "%s/keeper", folder);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  CHECK(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
  CHECK(pthread_create(&thread, NULL, keep_badly, (void *)(intptr_t)listener) == 0);
}

static void ask_badly(struct input *input) {
  struct packet request, came;
  int32_t status = 0;
  fill(&request, input);
  int fds[2];
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
  if (request.length > 0) send_packet(fds[0], &request);
  pp_keeper_serve(fds[1]);
  ssize_t length = recv(fds[0], &came, sizeof came, 0);
  CHECK(length == sizeof status);
  memcpy(&status, &came, sizeof status);
  /* Nothing is kept, so a request that is valid finds nothing. */
  CHECK(status == -EPROTO || status == -ENOENT);
  close(fds[0]);
}

static void be_answered_badly(struct input *input) {
  static const uint8_t token[16] = {1};
  fill(&answer, input);
  answered = 0;
  int fd = pp_claim_begin(path, token);
  if (fd >= 0) fd = pp_claim_end(fd, -1);
  if (fd >= 0) {
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
    close(fd);
  }
  while (!answered) continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (path[0] == '\0') prepare();
  struct input input = {data, size};
  int before = lowest_free();
  while (input.left > 1) {
    if (take(&input, 1) & 1) ask_badly(&input);
    else be_answered_badly(&input);
  }
  CHECK(lowest_free() == before);
  return 0;
}
