#include "wait/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/file_status.h"
#include "base/thread.h"
#include "wait/futex.h"

#define NAME_LENGTH (sizeof "/0123456789abcdef.b" - 1)
/* This process keeps so many bells of others open. */
#define MOST_KNOWN 64
/* One that is not rung for so long is closed. */
#define UNUSED_MS 500

/* A bell of another process. The place of its number in the table is fixed, so that a new one drives an old one out. */
struct known {
  uint64_t number; /* 0: none */
  int fd;
  bool pipe, used;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct known known[MOST_KNOWN];
static pp_word open_bells;
static bool has_closer;

static int path_of(char *path, const char *folder, uint64_t number) {
  return snprintf(path, PP_FOLDER + NAME_LENGTH + 1, "%s/%016llx.b", folder, (unsigned long long)number);
}

static int parse(struct pp_bell *bell, const char *path) {
  size_t length = strlen(path);
  if (length <= NAME_LENGTH || length - NAME_LENGTH >= PP_FOLDER) return -ENAMETOOLONG;
  char again[PP_FOLDER + NAME_LENGTH + 1];
  memset(bell, 0, sizeof *bell);
  memcpy(bell->folder, path, length - NAME_LENGTH);
  bell->number = strtoull(path + length - NAME_LENGTH + 1, NULL, 16);
  path_of(again, bell->folder, bell->number);
  return bell->number != 0 && strcmp(again, path) == 0 ? 0 : -EINVAL;
}

static int address_of(struct sockaddr_un *address, const char *path) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
  memcpy(address->sun_path, path, strlen(path));
  return 0;
}

static int connect_to(const char *path) {
  struct sockaddr_un address;
  int status = address_of(&address, path);
  int fd = status < 0 ? status : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
  status = status < 0 ? status : -errno;
  if (fd >= 0) close(fd);
  return status;
}

static int make_socket(const char *path, int ends[2]) {
  struct sockaddr_un address;
  int status = address_of(&address, path);
  if (status < 0) return status;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
    status = -errno;
    close(fd);
    return status;
  }
  /* The folder is this user's alone, and so is the socket. */
  chmod(path, 0600);
  ends[0] = fd;
  ends[1] = connect_to(path);
  return ends[1] < 0 ? ends[1] : 0;
}

/* The process itself is a reader of its pipe and of those of others, so that a write to a pipe that nobody reads any more raises no
 * SIGPIPE. */
static int open_pipe(const char *path) {
  int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  struct stat stat;
  if (fd < 0) return -errno;
  if (pp_fstat(fd, &stat) == 0 && S_ISFIFO(stat.st_mode)) return fd;
  close(fd);
  return -EINVAL;
}

static int make_pipe(const char *path, int ends[2]) {
  if (mkfifo(path, 0600) < 0) return -errno;
  ends[0] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (ends[0] < 0) {
    int status = -errno;
    unlink(path);
    return status;
  }
  ends[1] = open_pipe(path);
  return ends[1] < 0 ? ends[1] : 0;
}

int pp_bell_make(struct pp_bell *bell, const char *path, bool pipe, int ends[2]) {
  int status = parse(bell, path);
  ends[0] = ends[1] = -1;
  if (status == 0) status = pipe ? make_pipe(path, ends) : make_socket(path, ends);
  if (status == 0) return 0;
  if (ends[0] >= 0) {
    close(ends[0]);
    unlink(path);
  }
  bell->number = 0;
  return status;
}

void pp_bell_remove(const struct pp_bell *bell) {
  char path[PP_FOLDER + NAME_LENGTH + 1];
  if (bell->number == 0) return;
  path_of(path, bell->folder, bell->number);
  unlink(path);
}

/* Guard held. */
static void close_bell(struct known *entry) {
  if (entry->number == 0) return;
  close(entry->fd);
  entry->number = 0;
  atomic_fetch_sub(&open_bells, 1);
}

/* A thread that closes the bells that were not rung for a while, because their processes may have ended. */
static void *run_closer(void *unused) {
  for (;;) {
    while (atomic_load(&open_bells) == 0) pp_futex_wait(&open_bells, 0, 3600 * 1000);
    nanosleep(&(struct timespec){.tv_nsec = UNUSED_MS * 1000000l}, NULL);
    pthread_mutex_lock(&guard);
    for (struct known *entry = known; entry < known + MOST_KNOWN; entry++) {
      if (!entry->used) close_bell(entry);
      entry->used = false;
    }
    pthread_mutex_unlock(&guard);
  }
  return unused;
}

/* Guard held. */
static int open_bell(struct known *entry, const char *folder, uint64_t number) {
  char path[PP_FOLDER + NAME_LENGTH + 1];
  close_bell(entry);
  path_of(path, folder, number);
  int fd = open_pipe(path);
  bool pipe = fd >= 0;
  if (fd == -ENXIO) fd = connect_to(path);
  if (fd < 0) return fd;
  *entry = (struct known){.number = number, .fd = fd, .pipe = pipe};
  if (atomic_fetch_add(&open_bells, 1) == 0) pp_futex_wake(&open_bells, 1);
  if (!has_closer) has_closer = pp_thread_start(run_closer, NULL) == 0;
  return 0;
}

/* Guard held. A full bell rings already. */
static int ring(const struct known *entry) {
  while (write(entry->fd, "", 1) < 0) {
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return -errno;
  }
  return 0;
}

int pp_bell_ring(const struct pp_lock_scope *scope, uint32_t index) {
  uint64_t number = atomic_load(&scope->table[index].bell);
  if (number == 0) return -ENXIO;
  pthread_mutex_lock(&guard);
  struct known *entry = &known[number % MOST_KNOWN];
  int status = entry->number == number ? 0 : open_bell(entry, scope->folder, number);
  /* A pipe does not tell whether anybody else reads it. The kernel does not tell of a participant that is this process itself. */
  bool is_own = index == pp_owner_index(scope->me);
  if (status == 0 && entry->pipe && !is_own && pp_participant_gone(scope->segment, index)) status = -EPIPE;
  if (status == 0) status = ring(entry);
  if (status < 0 && entry->number == number) close_bell(entry);
  entry->used = true;
  pthread_mutex_unlock(&guard);
  return status;
}
