/* Descriptors that are on their way to another process wait here under a token of 128 random bits, and are handed over once.
 * Requests are one packet each, so that nothing can come half. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "failpoint.h"
#include "polyproc.h"
#include "reactor.h"

#define MAGIC 0x4b505050u
#define TOKEN 16
#define MOST_KEPT 4096
#define KEPT_S 5 /* a sender that hears nothing for so long keeps the object itself */
#define TRIES 16

enum { CLAIM = 1, KEEP = 2 };

struct request {
  uint32_t magic, operation;
  uint8_t token[TOKEN];
};

struct kept {
  uint8_t token[TOKEN];
  int fd;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct kept *kept;
static int count, room;
/* For who connects when the process has no descriptor left. */
static int spare = -1;

static int keep_here(const uint8_t *token, int fd) {
  pthread_mutex_lock(&guard);
  int status = count < MOST_KEPT ? 0 : -EMFILE;
  if (status == 0 && count == room) {
    int wanted = room == 0 ? 16 : room * 2;
    struct kept *larger = realloc(kept, (size_t)wanted * sizeof *kept);
    if (larger == NULL) status = -ENOMEM;
    else {
      kept = larger;
      room = wanted;
    }
  }
  if (status == 0) {
    kept[count].fd = fd;
    memcpy(kept[count++].token, token, TOKEN);
  }
  pthread_mutex_unlock(&guard);
  return status;
}

static int claim_here(const uint8_t *token) {
  int fd = -ENOENT;
  pthread_mutex_lock(&guard);
  for (int i = 0; i < count && fd < 0; i++) {
    if (memcmp(kept[i].token, token, TOKEN) != 0) continue;
    fd = kept[i].fd;
    kept[i] = kept[--count];
  }
  pthread_mutex_unlock(&guard);
  return fd;
}

static int send_packet(int fd, const void *bytes, size_t length, int carried) {
  struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (carried >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(header), &carried, sizeof carried);
  }
  ssize_t sent;
  do sent = sendmsg(fd, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

/* Receives one packet of this length, with one descriptor or none: what else comes is closed. */
static int receive_packet(int fd, void *bytes, size_t length, int *carried) {
  struct iovec part = {.iov_base = bytes, .iov_len = length};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(4 * sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  *carried = -1;
  ssize_t received;
  do received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  /* One header is all there can be of descriptors: the kernel puts them into one. */
  const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    size_t fds = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < fds; i++) {
      int each;
      memcpy(&each, CMSG_DATA(header) + i * sizeof each, sizeof each);
      if (*carried < 0 && fds == 1) *carried = each;
      else close(each);
    }
  }
  if ((size_t)received == length && (message.msg_flags & MSG_TRUNC) == 0) return 0;
  if (*carried >= 0) close(*carried);
  *carried = -1;
  return received == 0 ? -ECONNRESET : -EPROTO;
}

static bool is_ours(int socket) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

static int accept_one(int listener) {
  int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  return peer < 0 ? -errno : peer;
}

void pp_keeper_reserve(void) {
  if (spare < 0) spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int pp_keeper_accept(int listener) {
  int peer = accept_one(listener);
  if (spare >= 0 && (peer == -EMFILE || peer == -ENFILE)) {
    close(spare);
    spare = -1;
    peer = accept_one(listener);
  }
  if (peer < 0 || is_ours(peer)) return peer;
  close(peer);
  return -EPERM;
}

/* As if it had never been asked: who asked is gone, or did not wait. */
static void take_back(const struct request *request, int *given, int *carried) {
  if (request->operation == KEEP) *carried = claim_here(request->token);
  else if (keep_here(request->token, *given) == 0) *given = -1;
}

void pp_keeper_answer(int peer) {
  struct request request;
  int carried, answer = -EPROTO, given = -1;
  if (receive_packet(peer, &request, sizeof request, &carried) == 0 && request.magic == MAGIC) {
    if (request.operation == KEEP && carried >= 0) {
      answer = keep_here(request.token, carried);
      if (answer == 0) carried = -1;
    } else if (request.operation == CLAIM) {
      given = claim_here(request.token);
      answer = given < 0 ? given : 0;
    }
  }
  int32_t status = answer;
  FAILPOINT("keeper.answering");
  if (send_packet(peer, &status, sizeof status, given) < 0 && answer == 0) take_back(&request, &given, &carried);
  if (given >= 0) close(given);
  if (carried >= 0) close(carried);
  close(peer);
}

static int address_of(const char *path, struct sockaddr_un *address) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
  strcpy(address->sun_path, path);
  return 0;
}

int32_t pp_keeper_listen(int32_t inbox, const char *path) {
  struct sockaddr_un address;
  int status = address_of(path, &address);
  if (status < 0) return status;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0600) < 0 || listen(fd, 128) < 0) status = -errno;
  if (status == 0) status = pp_reactor_watch_keeper(inbox, fd);
  if (status < 0) close(fd);
  return status;
}

/* -ECONNRESET: the keeper hung up before it read the request. */
static int ask_once(const char *path, const struct request *request, int carried, int *given) {
  struct sockaddr_un address;
  int status = address_of(path, &address);
  if (status < 0) return status;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  /* A keeper that is stopped is waited for: nobody else has what it keeps. What is to be kept can be kept elsewhere. */
  struct timeval limit = {.tv_sec = KEPT_S};
  if (request->operation == KEEP) {
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  int32_t answer = 0;
  *given = -1;
  /* Room for the descriptor that comes: where there is none, it would be gone. */
  int reserved = request->operation == CLAIM ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
  if (request->operation == CLAIM && reserved < 0) status = -errno;
  else if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) status = errno == ENOENT ? -ECONNREFUSED : -errno;
  else if (!is_ours(fd)) status = -EPERM;
  FAILPOINT("keeper.connected");
  if (status == 0) status = send_packet(fd, request, sizeof *request, carried);
  if (reserved >= 0) close(reserved);
  if (status == 0) status = receive_packet(fd, &answer, sizeof answer, given);
  close(fd);
  if (status == -EPIPE) return -ECONNRESET;
  return status < 0 ? status : answer;
}

/* Who stood still after it had connected made way for others. -ECONNREFUSED: there is no keeper. */
static int ask(const char *path, const struct request *request, int carried, int *given) {
  int status = -ECONNRESET;
  for (int tries = 0; tries < TRIES && status == -ECONNRESET; tries++) status = ask_once(path, request, carried, given);
  return status == -ECONNRESET ? -ECONNREFUSED : status;
}

static struct request make_request(uint32_t operation, const uint8_t *token) {
  struct request request = {.magic = MAGIC, .operation = operation};
  memcpy(request.token, token, TOKEN);
  return request;
}

int32_t pp_keep(const char *path, const uint8_t *token, int32_t fd) {
  int given;
  struct request request = make_request(KEEP, token);
  if (*path != '\0') return ask(path, &request, fd, &given);
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return -errno;
  int status = keep_here(token, copy);
  if (status < 0) close(copy);
  return status;
}

int32_t pp_claim(const char *path, const uint8_t *token) {
  if (*path == '\0') return claim_here(token);
  int given;
  struct request request = make_request(CLAIM, token);
  int status = ask(path, &request, -1, &given);
  if (status == 0 && given < 0) return -EMFILE;
  if (status < 0 && given >= 0) close(given);
  return status < 0 ? status : given;
}
