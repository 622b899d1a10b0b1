/* The public interface of the library: its version, the structs that cross it, and the functions of functions.def. */
#ifndef POLYPROC_H
#define POLYPROC_H

#include <stdint.h>

#define PP_ABI 10
#define PP_LARGEST ((1u << 30) + (1u << 20)) /* the largest message in bytes */
#define PP_MOST_CARRIED 253 /* the largest number of descriptors that the kernel lets a message on a socket carry */
#define PP_EXPORT __attribute__((visibility("default")))

/* The kinds of shared objects. JavaScript passes these numbers to pp_sync_make and pp_sync_open. */
enum pp_kind { PP_QUEUE, PP_LOCK, PP_SEMAPHORE, PP_EVENT, PP_CONDITION, PP_BARRIER, PP_MEMORY, PP_KEEPER };

/* A caller can wait at a queue for: an item, room for one, an item marked done, or one of the queue's two locks. */
enum pp_queue_waited { PP_ITEMS, PP_ROOM, PP_DONE, PP_GET_LOCK, PP_PUT_LOCK };

struct pp_queue_stats {
  uint64_t size, puts, gets, lost, redelivered, participants, maxsize, unfinished, abandoned, shut_down;
};

struct pp_spawn {
  int64_t memory;      /* RLIMIT_DATA in bytes, 0 for no limit */
  int64_t cpu_time;    /* RLIMIT_CPU in seconds, 0 for no limit */
  int64_t open_files;  /* RLIMIT_NOFILE, 0 for no limit */
  int64_t nice;        /* added to this process's niceness */
  uint64_t cpus[16];   /* one bit for each CPU that the child may use; all 0 means any CPU */
  int32_t fd[3];       /* the child's descriptors 0, 1 and 2; -1 is the null device */
  int32_t argc, envc;  /* numbers of strings in `text`, which holds: file, cwd (or empty), argv..., environment... */
  int32_t inherit;     /* 1: the environment is this process's, changed by NAME=value or (to remove it) NAME; 0: it is all there is */
  int32_t wake;        /* 1: a child that is stopped when this process ends goes on, so that it can end too */
};

/* How far pp_recv has come with a message. A new one has length = -1 and zeros. */
struct pp_incoming {
  uint8_t header[12];
  int32_t header_got; /* bytes of the header that arrived */
  int32_t length;     /* of the message once its header is complete, else -1 */
  int32_t got;        /* bytes of the message that arrived */
  int32_t carried;    /* descriptors that came with the message; the caller takes them, and sets this to 0 */
  int32_t fds[PP_MOST_CARRIED];
};

#define I(name) int32_t name
#define P(type, name) type *name
#define FUNCTION_0(name) PP_EXPORT int32_t pp_##name(void);
#define FUNCTION(name, ...) PP_EXPORT int32_t pp_##name(__VA_ARGS__);
#include "functions.def"
#undef FUNCTION
#undef FUNCTION_0
#undef P
#undef I

#endif
