/* What the shim offers to its three doors (Node-API, Deno.dlopen, bun:ffi).
 *
 * Every function takes int32_t and pointers and gives an int32_t: 0 or more, or a negative errno. Nothing calls back. Strings end in NUL.
 * Descriptors that come out are close-on-exec. `ms` below 0 waits for ever. */
#ifndef POLYPROC_H
#define POLYPROC_H

#include <stdint.h>

#define PP_ABI 2
#define PP_LARGEST ((1u << 30) + (1u << 20)) /* bytes of a message */
#define PP_EXPORT __attribute__((visibility("default")))

/* --- library.c --- */

/* The version of this interface. */
PP_EXPORT int32_t pp_abi(void);
/* 0 if the kernel has all that is needed; else -errno, and 32 bytes of `feature` name what it refused. */
PP_EXPORT int32_t pp_probe(char *feature);

/* --- inbox.c: events for one JavaScript thread --- */

/* A new inbox. `fd` gets a stream socket on which a byte comes whenever events wait; it is the caller's. */
PP_EXPORT int32_t pp_inbox_open(int32_t *fd);
/* Takes up to `max` events as pairs {id, value}; gives how many. */
PP_EXPORT int32_t pp_inbox_take(int32_t inbox, int32_t *events, int32_t max);
/* Blocks until an event waits (1) or the time is over (0). */
PP_EXPORT int32_t pp_inbox_wait(int32_t inbox, int32_t ms);
/* Ends the inbox and what was opened or watched for it: its thread is gone. */
PP_EXPORT int32_t pp_inbox_close(int32_t inbox);

/* --- reactor.c: descriptors watched by one helper thread --- */

/* One event {id, 0} once `fd` can be read (write = 0) or written (write = 1). A second watch of a direction replaces the first. */
PP_EXPORT int32_t pp_watch_fd(int32_t inbox, int32_t id, int32_t fd, int32_t write);
/* From now on the end of `channel`'s other side ends this process by SIGKILL, after removing `paths` (NUL-separated, an empty one last;
 * folders with what is in them). If `detached`, it is an event {id, 0} instead. `channel` stays the caller's. */
PP_EXPORT int32_t pp_watch_parent(int32_t inbox, int32_t id, int32_t channel, const char *paths, int32_t detached);
/* Ends all watches of a descriptor and closes it. */
PP_EXPORT int32_t pp_close(int32_t fd);

/* --- spawn.c --- */

struct pp_spawn {
  int64_t memory;        /* RLIMIT_DATA in bytes, 0 for none */
  int64_t cpu_time;      /* RLIMIT_CPU in seconds, 0 for none */
  int64_t open_files;    /* RLIMIT_NOFILE, 0 for none */
  int64_t nice;          /* added to this process's niceness */
  uint64_t cpus[16];     /* bits of the CPUs it may use, all 0 for any */
  int32_t fd[3];         /* what becomes its 0, 1, 2; -1 for the null device */
  int32_t argc, envc;    /* strings in `text`: file, cwd (or empty), argv..., then the environment as NAME=value or NAME (removed) */
  int32_t inherit;       /* whether these are changes to this process's environment, not all of it */
};

/* Starts a program in a session of its own with exactly the descriptors named; gives its pidfd, and `pid`. One event {id, status} tells
 * its end: an exit code, or 256 + a signal's number. */
PP_EXPORT int32_t pp_spawn(int32_t inbox, int32_t id, const struct pp_spawn *settings, const char *text, int32_t *pid);
/* Sends a signal through the pidfd: never to anybody else. */
PP_EXPORT int32_t pp_signal(int32_t pidfd, int32_t signal);

/* --- stream.c: sockets and framed messages --- */

/* Two connected stream sockets; without `duplex` the first only reads, the second only writes. */
PP_EXPORT int32_t pp_socketpair(int32_t *fds, int32_t duplex);
/* Fails unless `fd` is a stream socket of this machine (0). */
PP_EXPORT int32_t pp_check_socket(int32_t fd);
/* Bytes written or read; -EAGAIN when the kernel takes or has none within `ms`. A read of 0 is the end. */
PP_EXPORT int32_t pp_write(int32_t fd, const uint8_t *bytes, int32_t offset, int32_t length, int32_t ms);
PP_EXPORT int32_t pp_read(int32_t fd, uint8_t *bytes, int32_t offset, int32_t length, int32_t ms);
/* Writes a message's header and as much of it as the kernel takes within `ms`; gives how many bytes of both. -EAGAIN: nothing. */
PP_EXPORT int32_t pp_send(int32_t fd, const uint8_t *bytes, int32_t length, int32_t ms);

struct pp_incoming {
  uint8_t header[12];
  int32_t header_got; /* bytes of the header that came */
  int32_t length;     /* of the message, once the header is whole; else -1 */
  int32_t got;        /* bytes of the message that came */
};

/* Reads one message and not a byte more, going on where the last call stopped: its length once it is whole. -EAGAIN: not yet;
 * -EMSGSIZE: `room` is too small for incoming->length; -ENODATA: the end; -ECONNABORTED: the end in the middle; -EBADMSG: no header. */
PP_EXPORT int32_t pp_recv(int32_t fd, struct pp_incoming *incoming, uint8_t *bytes, int32_t room, int32_t ms);
/* Spins briefly, then waits up to `ms` until `fd` can be read (1) or not (0). */
PP_EXPORT int32_t pp_readable(int32_t fd, int32_t ms);
/* Makes a descriptor of the null device fd 0, and gives the old one under a new number. */
PP_EXPORT int32_t pp_take_stdin(void);

/* --- keeper.c: descriptors on their way to other processes --- */

/* Serves this process's kept descriptors at `path`, to processes of the same user. */
PP_EXPORT int32_t pp_keeper_listen(int32_t inbox, const char *path);
/* Leaves a copy of `fd` under a 16-byte token with the keeper at `path` (empty: this process's own). */
PP_EXPORT int32_t pp_keep(const char *path, const uint8_t *token, int32_t fd);
/* Takes what waits under the token, once: its descriptor. -ENOENT: nothing (any more); -ECONNREFUSED: the keeper is gone. */
PP_EXPORT int32_t pp_claim(const char *path, const uint8_t *token);

/* --- queue.c --- */

enum { PP_ITEMS, PP_ROOM, PP_DONE, PP_GET_LOCK, PP_PUT_LOCK }; /* what a queue can be waited for */

struct pp_queue_stats {
  uint64_t size, puts, gets, lost, redelivered, participants, maxsize, unfinished, abandoned, shut_down;
};

/* A new queue; `maxsize` 0 for no bound. Gives its handle, for the thread of this inbox. */
PP_EXPORT int32_t pp_queue_make(int32_t inbox, const uint64_t *maxsize, int32_t redeliver);
/* Joins the queue in a memory file from elsewhere. -EBADMSG: it is none, or was tampered with; -EPROTO: of another version. Closes `fd`. */
PP_EXPORT int32_t pp_queue_open(int32_t inbox, int32_t fd);
/* Leaves it: what this participant took and did not mark done is given back or abandoned. */
PP_EXPORT int32_t pp_queue_close(int32_t queue);
/* The memory file, to be kept for others; it stays the queue's. */
PP_EXPORT int32_t pp_queue_fd(int32_t queue);
/* Puts one item; settled it is in shared memory. -EAGAIN: full; -EBUSY: another process is at it; -ESHUTDOWN; -ENOSPC, -ENOMEM. */
PP_EXPORT int32_t pp_queue_put(int32_t queue, const uint8_t *bytes, int32_t length, int32_t ms);
/* Takes one item: its length. -EAGAIN: empty; -EMSGSIZE: larger than `room`, nothing taken; -EBUSY, -ESHUTDOWN as above. */
PP_EXPORT int32_t pp_queue_get(int32_t queue, uint8_t *bytes, int32_t room, int32_t ms);
/* The length of the item that was larger than the room. */
PP_EXPORT int32_t pp_queue_needed(int32_t queue);
/* 1 if a get would not wait, else 0. */
PP_EXPORT int32_t pp_queue_poll(int32_t queue);
/* Marks one taken item done: this participant's oldest, else anybody's. -EINVAL: nothing is left to be marked. */
PP_EXPORT int32_t pp_queue_task_done(int32_t queue);
/* 0 when every item is done; -EAGAIN when not yet; n > 0: so many items died with consumers, untold to any join. `fresh`: a wait begins. */
PP_EXPORT int32_t pp_queue_join(int32_t queue, int32_t fresh);
/* Refuses puts from now on; `immediate` drops what is in it. */
PP_EXPORT int32_t pp_queue_shutdown(int32_t queue, int32_t immediate);
PP_EXPORT int32_t pp_queue_stats(int32_t queue, struct pp_queue_stats *stats);
/* One event {id, what} once what the last call found missing may be there. */
PP_EXPORT int32_t pp_queue_watch(int32_t queue, int32_t id, int32_t what);
/* Passes a wake-up on that this process did not use. */
PP_EXPORT int32_t pp_queue_pass(int32_t queue, int32_t what);
/* Blocks this thread until `what` may be there (0), `ms` at most (-ETIMEDOUT); looks after the dead every 100 ms. */
PP_EXPORT int32_t pp_queue_wait(int32_t queue, int32_t what, int32_t ms);

/* --- sync.c: locks, semaphores, events, conditions and barriers --- */

/* A new one of a kind of handles.h. Its settings: whether a lock is recursive; a semaphore's value, and 1 if that is its bound + 2 if
 * the permits of the dead come back; how many parties a barrier has. */
PP_EXPORT int32_t pp_sync_make(int32_t inbox, int32_t kind, int32_t first, int32_t second);
/* Joins one from elsewhere. -EBADMSG: it is none of this kind; -EPROTO: of another version. Closes `fd`. */
PP_EXPORT int32_t pp_sync_open(int32_t inbox, int32_t fd, int32_t kind);
/* Leaves it in order; a lock that is held is abandoned. */
PP_EXPORT int32_t pp_sync_close(int32_t sync);
PP_EXPORT int32_t pp_sync_fd(int32_t sync);
/* Cleans up after the dead: 1 if another look is worth it. */
PP_EXPORT int32_t pp_sync_sweep(int32_t sync);
/* Spins a moment, where that may pay: 1 if another look is worth it. */
PP_EXPORT int32_t pp_sync_spin(int32_t sync);
/* One event {id, 0} once another look is worth it. */
PP_EXPORT int32_t pp_sync_watch(int32_t sync, int32_t id);
/* Passes a wake-up on that this process did not use. */
PP_EXPORT int32_t pp_sync_pass(int32_t sync);
/* Blocks this thread until another look is worth it (0), `ms` at most (-ETIMEDOUT). */
PP_EXPORT int32_t pp_sync_wait(int32_t sync, int32_t ms);

/* 0: taken (`depth` times, where it is recursive); 1: from a holder that died; -EAGAIN: another one has it. */
PP_EXPORT int32_t pp_mutex_acquire(int32_t sync, int32_t depth, int32_t ms);
/* Once, or `all`: how many times it was released; -EPERM: it is not held, or, where it is recursive, not by this process. */
PP_EXPORT int32_t pp_mutex_release(int32_t sync, int32_t all);
/* How often this process holds it. */
PP_EXPORT int32_t pp_mutex_mine(int32_t sync);

/* 0: a permit taken; -EAGAIN: there is none. */
PP_EXPORT int32_t pp_semaphore_acquire(int32_t sync);
/* -EOVERFLOW: no more can be released. -EBUSY: another process stands still in the middle of a call; so below. */
PP_EXPORT int32_t pp_semaphore_release(int32_t sync);
PP_EXPORT int32_t pp_semaphore_value(int32_t sync);

PP_EXPORT int32_t pp_event_set(int32_t sync);
PP_EXPORT int32_t pp_event_clear(int32_t sync);
/* Its lowest bit is the flag; the others change whenever it is set. */
PP_EXPORT int32_t pp_event_look(int32_t sync);

/* Takes a place among those who wait. -EMFILE: all are taken. */
PP_EXPORT int32_t pp_condition_enter(int32_t sync);
/* 1 if the one in this place was notified, else 0. */
PP_EXPORT int32_t pp_condition_notified(int32_t sync, int32_t place);
/* Frees the place: 1 if it had been notified. */
PP_EXPORT int32_t pp_condition_leave(int32_t sync, int32_t place);
/* Notifies the oldest `count` that live; gives how many those were. */
PP_EXPORT int32_t pp_condition_notify(int32_t sync, int32_t count);

/* The place in the order of arrival, from 0, and {phase, parties}; the last one must end the phase. -EPIPE: broken; -EAGAIN: it is at it. */
PP_EXPORT int32_t pp_barrier_arrive(int32_t sync, int32_t *fields);
/* 1: this phase is over, 0: not yet, -EPIPE: broken. */
PP_EXPORT int32_t pp_barrier_look(int32_t sync, int32_t phase);
/* Lets all pass (0; -EPIPE if it was broken meanwhile), breaks it (1), or makes it new (2). With a phase from 0 on only
 * that one: where it is over, 1 or (after a reset) -EPIPE, and nothing is changed. */
PP_EXPORT int32_t pp_barrier_end(int32_t sync, int32_t how, int32_t phase);
/* {parties, waiting, broken} */
PP_EXPORT int32_t pp_barrier_state(int32_t sync, int32_t *fields);

/* --- memory.c: shared memory --- */

/* New memory of `size` bytes, all 0; under a name that others can attach (-EEXIST), or without one ("") for this tree alone. */
PP_EXPORT int32_t pp_memory_make(int32_t inbox, const char *name, const uint64_t *size);
/* Memory from elsewhere in the tree. -EBADMSG: it is none; -EPROTO: of another version. Closes `fd`. */
PP_EXPORT int32_t pp_memory_open(int32_t inbox, int32_t fd);
/* Memory by its name. -ENOENT; -EPERM: another user's, or open to others; -EBADMSG, -EPROTO as above. */
PP_EXPORT int32_t pp_memory_attach(int32_t inbox, const char *name);
/* Unmaps it; the last holder of a named one removes the name. */
PP_EXPORT int32_t pp_memory_close(int32_t memory);
PP_EXPORT int32_t pp_memory_fd(int32_t memory);
/* Tells the name of memory that came by its descriptor. */
PP_EXPORT int32_t pp_memory_name(int32_t memory, const char *name);
/* {address, size in bytes} */
PP_EXPORT int32_t pp_memory_place(int32_t memory, uint64_t *place);
/* Copies {offset, length} out of the memory, or into it. */
PP_EXPORT int32_t pp_memory_read(int32_t memory, const uint64_t *range, void *bytes);
PP_EXPORT int32_t pp_memory_write(int32_t memory, const uint64_t *range, const void *bytes);
PP_EXPORT int32_t pp_memory_unlink(const char *name, const uint64_t *file);
/* {device, inode}: what tells the memory from another one of the same name. */
PP_EXPORT int32_t pp_memory_file(int32_t memory, uint64_t *file);
/* Removes the names that nobody alive holds; gives how many. */
PP_EXPORT int32_t pp_memory_sweep(void);
/* load, store, add, sub, and, or, exchange, compare-exchange (0 to 7) of the first `width` bytes, in one step: `values` is {operand,
 * expected}, 8 bytes each, and the first becomes what was there before. */
PP_EXPORT int32_t pp_memory_atomic(int32_t memory, int32_t operation, int32_t width, void *values);

#endif
