/* Messages on a stream, framed as CPython's multiprocessing.connection does it: a header of 4 bytes with the length in big-endian order, or
 * ff ff ff ff and a length of 8 bytes. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "polyproc.h"
#include "process/stream.h"

#define HUGE_PAGE (2 << 20)
#define HUGE_FROM (4 << 20)

union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(PP_MOST_CARRIED * sizeof(int))];
};

/* The descriptors go with the first byte of the header. */
static void carry(struct msghdr *message, union control *control, const int32_t *fds, int32_t count) {
  if (count == 0) return;
  memset(control, 0, sizeof *control);
  message->msg_control = control;
  /* socklen_t is the type of these lengths in musl, and a narrower one in glibc. */
  message->msg_controllen = (socklen_t)CMSG_SPACE((size_t)count * sizeof *fds);
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  socklen_t length = (socklen_t)CMSG_LEN((size_t)count * sizeof *fds);
  *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = length};
  memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof *fds);
}

static int32_t send_message(int32_t fd, const uint8_t *bytes, int32_t length, const int32_t *fds, int32_t count, int32_t ms) {
  uint32_t size = (uint32_t)length;
  uint8_t header[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
  struct iovec parts[2] = {{.iov_base = header, .iov_len = sizeof header}, {.iov_base = (void *)(uintptr_t)bytes, .iov_len = (size_t)length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1};
  union control control;
  carry(&message, &control, fds, count);
  return pp_stream_write(fd, &message, ms);
}

int32_t pp_send(int32_t fd, const uint8_t *bytes, int32_t length, int32_t ms) { return send_message(fd, bytes, length, NULL, 0, ms); }

int32_t pp_send_objects(int32_t fd, const uint8_t *bytes, int32_t length, const int32_t *fds, int32_t count, int32_t ms) {
  if (count < 0 || count > PP_MOST_CARRIED) return -EINVAL;
  return send_message(fd, bytes, length, fds, count, ms);
}

/* Takes the descriptors that came with a header. A sender that sends them at another place, or too many of them, is none of ours. */
static void take_carried(struct msghdr *message, struct pp_incoming *incoming) {
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return;
  size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (size_t i = 0; i < count; i++) {
    int fd;
    memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
    if (incoming->carried < PP_MOST_CARRIED) incoming->fds[incoming->carried++] = fd;
    else close(fd);
  }
}

static int32_t read_header(int fd, struct pp_incoming *incoming, int32_t wanted, int32_t ms) {
  struct iovec part = {.iov_base = incoming->header + incoming->header_got, .iov_len = (size_t)(wanted - incoming->header_got)};
  union control control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  int32_t count = pp_stream_read(fd, &message, ms);
  if (count >= 0) take_carried(&message, incoming);
  return count;
}

static int header_size(const struct pp_incoming *incoming) {
  return incoming->header_got >= 4 && memcmp(incoming->header, "\xff\xff\xff\xff", 4) == 0 ? 12 : 4;
}

static int64_t header_length(const uint8_t *bytes, int count) {
  uint64_t length = 0;
  for (int i = 0; i < count; i++) length = length << 8 | bytes[i];
  return length > PP_LARGEST ? -1 : (int64_t)length;
}

/* Reads until the header is complete. Only the first read may wait. */
static int complete_header(int fd, struct pp_incoming *incoming, int32_t *ms) {
  for (int32_t wanted = header_size(incoming); incoming->header_got < wanted; wanted = header_size(incoming)) {
    int32_t count = read_header(fd, incoming, wanted, *ms);
    if (count < 0) return count;
    if (count == 0) return incoming->header_got > 0 ? -ECONNABORTED : -ENODATA;
    incoming->header_got += count;
    *ms = 0;
  }
  return 0;
}

/* A large buffer is new memory. With huge pages it comes in few steps, where a step for each small page takes longer than reading the message. */
static void prepare(uint8_t *bytes, int32_t length) {
  if (length < HUGE_FROM) return;
  uintptr_t start = ((uintptr_t)bytes + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
  uintptr_t end = ((uintptr_t)bytes + (uint32_t)length) & ~(uintptr_t)(HUGE_PAGE - 1);
  if (start < end) madvise((void *)start, end - start, MADV_HUGEPAGE);
}

static int complete_body(int fd, struct pp_incoming *incoming, uint8_t *bytes, int32_t ms) {
  while (incoming->got < incoming->length) {
    int32_t count = pp_read(fd, bytes, incoming->got, incoming->length - incoming->got, ms);
    if (count < 0) return count;
    if (count == 0) return -ECONNABORTED;
    incoming->got += count;
    ms = 0;
  }
  return 0;
}

int32_t pp_recv(int32_t fd, struct pp_incoming *incoming, uint8_t *bytes, int32_t room, int32_t ms) {
  /* The state may have come with a connection from another process, which could have written anything into it. */
  if (incoming->header_got < 0 || incoming->header_got > 12 || incoming->got < 0 || (incoming->length >= 0 && incoming->got > incoming->length))
    return -EBADMSG;
  if (incoming->carried < 0 || incoming->carried > PP_MOST_CARRIED) return -EBADMSG;
  if (incoming->length < 0) {
    int status = complete_header(fd, incoming, &ms);
    if (status < 0) return status;
    int64_t length = header_size(incoming) == 4 ? header_length(incoming->header, 4) : header_length(incoming->header + 4, 8);
    if (length < 0) return -EBADMSG;
    incoming->length = (int32_t)length;
    incoming->got = 0;
  }
  if (incoming->length > room) return -EMSGSIZE;
  if (incoming->got == 0) prepare(bytes, incoming->length);
  int status = complete_body(fd, incoming, bytes, ms);
  if (status < 0) return status;
  status = incoming->length;
  incoming->length = -1;
  incoming->header_got = incoming->got = 0;
  return status;
}
