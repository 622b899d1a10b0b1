/* Messages from a socket on which anything may arrive, in pieces of any size. The received bytes must be those that were sent, and not one
 * byte of the next message may be read. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../harness.h"
#include "input.h"
#include "polyproc.h"

/* Computes in another way what the message at `at` must give: its length, -EBADMSG, or the error for the end of the stream. */
static int64_t expected(const uint8_t *data, size_t size, size_t at, size_t *start) {
  if (at == size) return -ENODATA;
  if (size - at < 4) return -ECONNABORTED;
  bool large = data[at] == 255 && data[at + 1] == 255 && data[at + 2] == 255 && data[at + 3] == 255;
  if (large && size - at < 12) return -ECONNABORTED;
  *start = at + (large ? 12 : 4);
  uint64_t length = 0;
  for (size_t i = large ? at + 4 : at; i < *start; i++) length = length << 8 | data[i];
  if (length > PP_LARGEST) return -EBADMSG;
  return (int64_t)length > (int64_t)(size - *start) ? -ECONNABORTED : (int64_t)length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input input = {data, size};
  size_t piece = take(&input, 1) + 1, sent = 0, at = 0, start = 0;
  data = input.bytes;
  size = input.left;
  int32_t fds[2], room = (int32_t)piece % 5;
  CHECK(pp_socketpair(fds, 1) == 0);
  struct pp_incoming incoming = {.length = -1};
  uint8_t *bytes = malloc((size_t)room + 1);
  int32_t status = 0;
  while (status >= 0 || status == -EAGAIN || status == -EMSGSIZE) {
    status = pp_recv(fds[0], &incoming, bytes, room, 0);
    if (status >= 0) {
      CHECK(expected(data, size, at, &start) == status && memcmp(bytes, data + start, (size_t)status) == 0);
      at = start + (size_t)status;
    } else if (status == -EMSGSIZE) {
      CHECK(incoming.length > room && incoming.length <= (int32_t)PP_LARGEST);
      if (incoming.length > 1 << 16) break;
      room = incoming.length;
      free(bytes);
      bytes = malloc((size_t)room + 1);
    } else if (status == -EAGAIN) {
      size_t next = sent + piece < size ? piece : size - sent;
      if (next == 0) shutdown(fds[1], SHUT_WR);
      else CHECK(send(fds[1], data + sent, next, 0) == (ssize_t)next);
      sent += next;
    } else CHECK(expected(data, size, at, &start) == status || status == -EBADMSG);
  }
  free(bytes);
  close(fds[0]);
  close(fds[1]);
  return 0;
}
