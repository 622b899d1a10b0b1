/* Taking a descriptor from another process's keeper. The keeper may be stopped, so no call here waits for it longer than its caller says. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "polyproc.h"
#include "keeper/packet.h"

static int connect_to(int fd, const struct sockaddr_un *address) {
  if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0) return errno == ENOENT ? -ECONNREFUSED : -errno;
  return pp_packet_same_user(fd) ? 0 : -EPERM;
}

int32_t pp_claim_begin(const char *path, const uint8_t *token) {
  struct sockaddr_un address;
  int status = pp_packet_address(path, &address);
  if (status < 0) return status;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  struct pp_keeper_request request = {.magic = PP_KEEPER_MAGIC};
  memcpy(request.token, token, PP_TOKEN);
  status = connect_to(fd, &address);
  FAILPOINT("keeper.connected");
  /* If the keeper hung up before it got the request, pp_claim_end says so. */
  if (status == 0) status = pp_packet_send(fd, &request, sizeof request, -1);
  if (status == 0 || status == -EPIPE) return fd;
  close(fd);
  return status;
}

static int receive(int fd, int32_t ms) {
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  if (poll(&poller, 1, ms) <= 0) return -EAGAIN;
  /* If this process has no number left for the descriptor, the kernel would drop it. So the reply waits until there is one. */
  int reserved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (reserved < 0) return -errno;
  close(reserved);
  int32_t reply = 0;
  int given = -1;
  int status = pp_packet_receive(fd, &reply, sizeof reply, &given);
  if (status == 0) status = reply;
  /* Here, EAGAIN means that no reply has come. A keeper never sends it, so this reply is not valid. */
  if (status == -EAGAIN && reply == -EAGAIN) status = -EPROTO;
  if (status == 0) return given >= 0 ? given : -EMFILE;
  if (given >= 0) close(given);
  return status < 0 ? status : -EPROTO;
}

int32_t pp_claim_end(int32_t socket, int32_t ms) {
  int status = receive(socket, ms);
  if (status != -EAGAIN) pp_close(socket);
  return status == -EPIPE ? -ECONNRESET : status;
}
