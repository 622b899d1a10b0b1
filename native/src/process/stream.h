/* Reading and writing bytes on a stream socket, with a spin before the thread sleeps. */
#ifndef PP_STREAM_H
#define PP_STREAM_H

#include <stdint.h>
#include <sys/uio.h>

/* Writes as much of these parts as the kernel accepts within `ms`, in one call. Returns the number of bytes, or -EAGAIN for none. */
int32_t pp_stream_write(int fd, struct iovec *parts, int count, int32_t ms);

#endif
