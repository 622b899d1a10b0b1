/* Reading and writing bytes on a stream socket, with a spin before the thread sleeps. */
#ifndef PP_STREAM_H
#define PP_STREAM_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Writes as much of the message as the kernel accepts within `ms`, in one call. Returns the number of bytes, or -EAGAIN for none. */
int32_t pp_stream_write(int fd, const struct msghdr *message, int32_t ms);
/* Reads what is there within `ms`, in one call. Returns the number of bytes, 0 at the end of the stream, or -EAGAIN. */
int32_t pp_stream_read(int fd, struct msghdr *message, int32_t ms);

#endif
