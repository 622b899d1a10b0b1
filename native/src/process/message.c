/* Messages on a stream, framed as CPython's multiprocessing.connection does it: a header of 4 bytes with the length in big-endian order, or
 * ff ff ff ff and a length of 8 bytes. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "polyproc.h"
#include "process/stream.h"

int32_t pp_send(int32_t fd, const uint8_t *bytes, int32_t length, int32_t ms) {
  uint32_t size = (uint32_t)length;
  uint8_t header[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
  struct iovec parts[2] = {{.iov_base = header, .iov_len = sizeof header}, {.iov_base = (void *)(uintptr_t)bytes, .iov_len = (size_t)length}};
  return pp_stream_write(fd, parts, length > 0 ? 2 : 1, ms);
}

static int header_size(const struct pp_incoming *incoming) {
  return incoming->header_got >= 4 && memcmp(incoming->header, "\xff\xff\xff\xff", 4) == 0 ? 12 : 4;
}

static int64_t header_length(const uint8_t *bytes, int count) {
  uint64_t length = 0;
  for (int i = 0; i < count; i++) length = length << 8 | bytes[i];
  return length > PP_LARGEST ? -1 : (int64_t)length;
}

/* Reads until `wanted` bytes are there. Only the first read may wait; `begun` says that an end here would be inside a message. */
static int read_part(int fd, uint8_t *bytes, int32_t *got, int32_t wanted, int32_t *ms, bool begun) {
  while (*got < wanted) {
    int32_t count = pp_read(fd, bytes, *got, wanted - *got, *ms);
    if (count < 0) return count;
    if (count == 0) return begun || *got > 0 ? -ECONNABORTED : -ENODATA;
    *got += count;
    *ms = 0;
  }
  return 0;
}

int32_t pp_recv(int32_t fd, struct pp_incoming *incoming, uint8_t *bytes, int32_t room, int32_t ms) {
  /* The state may have come with a connection from another process, which could have written anything into it. */
  if (incoming->header_got < 0 || incoming->header_got > 12 || incoming->got < 0 || (incoming->length >= 0 && incoming->got > incoming->length))
    return -EBADMSG;
  while (incoming->length < 0) {
    int wanted = header_size(incoming);
    int status = read_part(fd, incoming->header, &incoming->header_got, wanted, &ms, false);
    if (status < 0) return status;
    /* The first 4 bytes said that 8 more belong to the header. */
    if (header_size(incoming) != wanted) continue;
    int64_t length = wanted == 4 ? header_length(incoming->header, 4) : header_length(incoming->header + 4, 8);
    if (length < 0) return -EBADMSG;
    incoming->length = (int32_t)length;
    incoming->got = 0;
  }
  if (incoming->length > room) return -EMSGSIZE;
  int status = read_part(fd, bytes, &incoming->got, incoming->length, &ms, true);
  if (status < 0) return status;
  status = incoming->length;
  incoming->length = -1;
  incoming->header_got = incoming->got = 0;
  return status;
}
