/* Leaving a descriptor with a keeper, and taking one from it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "polyproc.h"
#include "process/keeper_packet.h"
#include "process/kept.h"

#define KEEP_S 5 /* a sender whose keeper does not reply for so long keeps the object itself */
#define TRIES 16

/* Returns -ECONNRESET if the keeper hung up before it read the request. */
static int ask_once(const char *path, const struct pp_keeper_request *request, int carried, int *given) {
  struct sockaddr_un address;
  int status = pp_packet_address(path, &address);
  if (status < 0) return status;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  /* A claim waits for a keeper that is stopped, because nobody else has the descriptor. A descriptor to be kept can go to another
   * keeper. */
  struct timeval limit = {.tv_sec = KEEP_S};
  if (request->operation == PP_KEEP) {
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  int32_t reply = 0;
  *given = -1;
  /* Reserve a number for the descriptor that will come. If this process had none left then, the kernel would drop the descriptor. */
  int reserved = request->operation == PP_CLAIM ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
  if (request->operation == PP_CLAIM && reserved < 0) status = -errno;
  else if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) status = errno == ENOENT ? -ECONNREFUSED : -errno;
  else if (!pp_packet_same_user(fd)) status = -EPERM;
  FAILPOINT("keeper.connected");
  if (status == 0) status = pp_packet_send(fd, request, sizeof *request, carried);
  if (reserved >= 0) close(reserved);
  if (status == 0) status = pp_packet_receive(fd, &reply, sizeof reply, given);
  close(fd);
  if (status == -EPIPE) return -ECONNRESET;
  return status < 0 ? status : reply;
}

/* A client that was stopped between connecting and sending may have been dropped in favour of later ones, so it asks again.
 * -ECONNREFUSED: there is no keeper. */
static int ask(const char *path, const struct pp_keeper_request *request, int carried, int *given) {
  int status = -ECONNRESET;
  for (int tries = 0; tries < TRIES && status == -ECONNRESET; tries++) status = ask_once(path, request, carried, given);
  return status == -ECONNRESET ? -ECONNREFUSED : status;
}

static struct pp_keeper_request make_request(uint32_t operation, const uint8_t *token) {
  struct pp_keeper_request request = {.magic = PP_KEEPER_MAGIC, .operation = operation};
  memcpy(request.token, token, PP_TOKEN);
  return request;
}

int32_t pp_keep(const char *path, const uint8_t *token, int32_t fd) {
  int given;
  struct pp_keeper_request request = make_request(PP_KEEP, token);
  if (*path != '\0') return ask(path, &request, fd, &given);
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return -errno;
  int status = pp_kept_add(token, copy);
  if (status < 0) close(copy);
  return status;
}

int32_t pp_claim(const char *path, const uint8_t *token) {
  if (*path == '\0') return pp_kept_take(token);
  int given;
  struct pp_keeper_request request = make_request(PP_CLAIM, token);
  int status = ask(path, &request, -1, &given);
  if (status == 0 && given < 0) return -EMFILE;
  if (status < 0 && given >= 0) close(given);
  return status < 0 ? status : given;
}
