/* Shared memory: a page that says what it is, then the user's bytes. Without a name it is a sealed memory file that travels by its
 * descriptor; with one it is a file of the system's shared memory, which lives until it is unlinked or nobody has it open any more:
 * each descriptor that is held or on its way has a read lock on the first byte, and who can get the write lock is the last. Who removes
 * the name has the write lock on the second one. */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "failpoint.h"
#include "handles.h"
#include "polyproc.h"
#include "segment.h"

#define MAGIC 0x314d454d59535050ull /* "PPSYMEM1" */
#define VERSION 1
#define PAGE 4096
#define FOLDER "/dev/shm/"
#define PREFIX "polyproc-"
#define MOST_NAME 200
#define REMOVED_MS 100 /* who is stopped while it removes a name is waited for no longer */
#define LOOKS 1000

/* The bytes of the file that are locked. */
enum { HELD, REMOVING };

struct header {
  uint64_t magic;
  uint32_t version, named;
  uint64_t size;
};

struct memory {
  struct pp_segment segment;
  char path[sizeof FOLDER PREFIX + MOST_NAME]; /* empty without a name */
};

static int path_of(const char *name, char *path, size_t room) {
  if (*name == '\0' || strchr(name, '/') != NULL) return -EINVAL;
  if (strlen(name) > MOST_NAME) return -ENAMETOOLONG;
  snprintf(path, room, FOLDER PREFIX "%s", name);
  return 0;
}

static int hold_byte(int fd, int byte, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  int status;
  do status = fcntl(fd, F_OFD_SETLK, &lock);
  while (status < 0 && errno == EINTR);
  return status < 0 ? -errno : 0;
}

static int hold(int fd, short type) { return hold_byte(fd, HELD, type); }

static bool is_at(int fd, const char *path) {
  struct stat ours, there;
  return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* Whether whoever is in our way is about to remove the name, rather than uses the memory. */
static bool is_being_removed(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_RDLCK;
}

static void pause_a_moment(void) { nanosleep(&(struct timespec){.tv_nsec = REMOVED_MS * 1000000 / LOOKS}, NULL); }

/* Removes the name if it is still that file's. One at a time: between the look and the removal nobody else may give the name anew. */
static int remove_name(int fd, const char *path) {
  int status = hold_byte(fd, REMOVING, F_WRLCK);
  for (int looks = 0; status < 0 && looks < LOOKS; looks++) {
    pause_a_moment();
    status = hold_byte(fd, REMOVING, F_WRLCK);
  }
  if (status < 0) return -EBUSY;
  status = is_at(fd, path) ? 0 : -ENOENT;
  FAILPOINT("memory.last");
  if (status == 0 && unlink(path) < 0) status = -errno;
  hold_byte(fd, REMOVING, F_UNLCK);
  return status;
}

/* Removes the name if nobody has that file open. */
static bool remove_if_last(int fd, const char *path) {
  int status = hold(fd, F_WRLCK);
  for (int looks = 0; status < 0 && looks < LOOKS && is_being_removed(fd); looks++) {
    pause_a_moment();
    status = hold(fd, F_WRLCK);
  }
  return status == 0 && remove_name(fd, path) == 0;
}

/* Of two who close at once, the later one finds no lock but its own. */
static void unlink_if_last(struct pp_segment *segment, const char *path) {
  /* A mapping holds its file open, and so the lock. */
  munmap(segment->base, segment->size);
  close(segment->fd);
  segment->base = NULL;
  segment->fd = -1;
  remove_if_last(segment->own_fd, path);
}

/* A thread that ended may have given its view of the bytes to another one: they stay mapped, but no longer hold the name. */
static void leave_mapped(struct pp_segment *segment, const char *path) {
  if (*path != '\0') {
    void *base = mmap(segment->base, segment->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, segment->own_fd, 0);
    close(segment->fd);
    segment->fd = -1;
    if (base != MAP_FAILED) remove_if_last(segment->own_fd, path);
  }
  segment->base = NULL;
}

static void close_memory(void *object, int owner_ended) {
  struct memory *memory = object;
  if (owner_ended) leave_mapped(&memory->segment, memory->path);
  else if (memory->path[0] != '\0') unlink_if_last(&memory->segment, memory->path);
  pp_segment_close(&memory->segment);
  free(memory);
}

static int32_t adopt(struct memory *memory, int status, int32_t inbox) {
  if (status >= 0) return pp_handle_add(PP_MEMORY, inbox, memory, close_memory);
  pp_segment_close(&memory->segment);
  free(memory);
  return status;
}

static struct memory *allocate(void) {
  struct memory *memory = calloc(1, sizeof *memory);
  if (memory != NULL) memory->segment = (struct pp_segment){.fd = -1, .own_fd = -1};
  return memory;
}

static void write_header(struct memory *memory, uint64_t size, bool named) {
  struct header *header = (struct header *)(void *)memory->segment.base;
  header->magic = MAGIC;
  header->version = VERSION;
  header->named = named;
  header->size = size;
}

/* A file without a name yet: who dies before it has one leaves nothing. */
static int make_file(struct pp_segment *segment, uint64_t total) {
  segment->fd = open(FOLDER, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (segment->fd < 0) return -errno;
  segment->size = total;
  int status = pp_segment_extend(segment->fd, total);
  if (status == 0) status = pp_segment_map(segment);
  return status < 0 ? status : hold(segment->fd, F_RDLCK);
}

static int publish(struct memory *memory, const char *path) {
  char file[32];
  snprintf(file, sizeof file, "/proc/self/fd/%d", memory->segment.fd);
  if (linkat(AT_FDCWD, file, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0) return -errno;
  strcpy(memory->path, path);
  return 0;
}

/* Bytes that can be had: the system would rather kill than say no. */
static uint64_t available(void) {
  FILE *file = fopen("/proc/meminfo", "re");
  unsigned long long kib = UINT64_MAX >> 10;
  char line[128];
  while (file != NULL && fgets(line, sizeof line, file) != NULL && sscanf(line, "MemAvailable: %llu", &kib) != 1) {}
  if (file != NULL) fclose(file);
  return kib << 10;
}

int32_t pp_memory_make(int32_t inbox, const char *name, const uint64_t *size) {
  if (*size == 0 || *size > (1ull << 53)) return -EINVAL;
  bool named = *name != '\0';
  char path[sizeof((struct memory *)0)->path];
  int status = named ? path_of(name, path, sizeof path) : 0;
  if (status < 0) return status;
  uint64_t total = PAGE + ((*size + PAGE - 1) & ~(uint64_t)(PAGE - 1));
  struct memory *memory = total > available() ? NULL : allocate();
  if (memory == NULL) return -ENOMEM;
  status = named ? make_file(&memory->segment, total) : pp_segment_make(&memory->segment, total);
  if (status == 0) status = pp_segment_fill(&memory->segment, 0, total);
  if (status == 0) write_header(memory, *size, named);
  if (status == 0 && named) status = publish(memory, path);
  return adopt(memory, status, inbox);
}

/* Maps the file if it is one of ours: -EBADMSG otherwise, -EPROTO if another version made it. */
static int map_checked(struct memory *memory) {
  struct pp_segment *segment = &memory->segment;
  struct stat stat;
  if (fstat(segment->fd, &stat) < 0) return -errno;
  if (!S_ISREG(stat.st_mode) || stat.st_size < 2 * PAGE) return -EBADMSG;
  segment->size = (uint64_t)stat.st_size;
  int status = pp_segment_map(segment);
  if (status < 0) return status;
  const struct header *header = (const struct header *)(void *)segment->base;
  if (header->magic != MAGIC) return -EBADMSG;
  if (header->version != VERSION) return -EPROTO;
  uint64_t size = header->size;
  return size > 0 && size <= segment->size - PAGE && segment->size - PAGE - size < PAGE ? 0 : -EBADMSG;
}

int32_t pp_memory_open(int32_t inbox, int32_t fd) {
  struct memory *memory = allocate();
  if (memory == NULL) {
    close(fd);
    return -ENOMEM;
  }
  memory->segment.fd = fd;
  int seals = fcntl(fd, F_GET_SEALS);
  bool sealed = seals >= 0 && (seals & (F_SEAL_SHRINK | F_SEAL_GROW)) == (F_SEAL_SHRINK | F_SEAL_GROW);
  int status = map_checked(memory);
  if (status == 0) {
    const struct header *header = (const struct header *)(void *)memory->segment.base;
    if (header->named) status = hold(fd, F_RDLCK);
    else if (!sealed) status = -EBADMSG;
  }
  return adopt(memory, status, inbox);
}

static int attach(struct memory *memory, const char *name) {
  char path[sizeof memory->path];
  int status = path_of(name, path, sizeof path);
  if (status < 0) return status;
  memory->segment.fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (memory->segment.fd < 0) return -errno;
  struct stat stat;
  if (fstat(memory->segment.fd, &stat) < 0) return -errno;
  if (stat.st_uid != geteuid() || (stat.st_mode & 0077) != 0) return -EPERM;
  status = map_checked(memory);
  if (status == 0) status = hold(memory->segment.fd, F_RDLCK);
  /* Its last holder was just about to remove it. */
  if (status == -EAGAIN || status == -EACCES || (status == 0 && !is_at(memory->segment.fd, path))) return -ENOENT;
  if (status == 0) strcpy(memory->path, path);
  return status;
}

int32_t pp_memory_attach(int32_t inbox, const char *name) {
  struct memory *memory = allocate();
  if (memory == NULL) return -ENOMEM;
  return adopt(memory, attach(memory, name), inbox);
}

int32_t pp_memory_unlink(const char *name, const uint64_t *file) {
  char path[sizeof((struct memory *)0)->path];
  int status = path_of(name, path, sizeof path);
  if (status < 0) return status;
  int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  struct stat stat;
  status = fstat(fd, &stat) < 0 ? -errno : stat.st_dev == file[0] && stat.st_ino == file[1] ? remove_name(fd, path) : -ENOENT;
  close(fd);
  return status;
}

int32_t pp_memory_file(int32_t index, uint64_t *file) {
  const struct memory *memory = pp_handle_get(index, PP_MEMORY);
  struct stat stat;
  if (memory == NULL || fstat(memory->segment.fd, &stat) < 0) return -EBADF;
  file[0] = stat.st_dev;
  file[1] = stat.st_ino;
  return 0;
}

int32_t pp_memory_name(int32_t index, const char *name) {
  struct memory *memory = pp_handle_get(index, PP_MEMORY);
  if (memory == NULL) return -EBADF;
  return path_of(name, memory->path, sizeof memory->path);
}

int32_t pp_memory_sweep(void) {
  DIR *folder = opendir(FOLDER);
  if (folder == NULL) return 0;
  int removed = 0;
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0) continue;
    char path[sizeof FOLDER + sizeof entry->d_name];
    snprintf(path, sizeof path, FOLDER "%s", entry->d_name);
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat stat;
    uint64_t magic = 0;
    bool ours = fstat(fd, &stat) == 0 && stat.st_uid == geteuid() && pread(fd, &magic, sizeof magic, 0) == sizeof magic && magic == MAGIC;
    FAILPOINT("memory.found");
    if (ours) removed += remove_if_last(fd, path);
    close(fd);
  }
  closedir(folder);
  return removed;
}

int32_t pp_memory_close(int32_t index) { return pp_handle_close(index, PP_MEMORY); }

int32_t pp_memory_fd(int32_t index) {
  const struct memory *memory = pp_handle_get(index, PP_MEMORY);
  return memory == NULL ? -EBADF : memory->segment.fd;
}

int32_t pp_memory_place(int32_t index, uint64_t *place) {
  const struct memory *memory = pp_handle_get(index, PP_MEMORY);
  if (memory == NULL) return -EBADF;
  place[0] = (uint64_t)(uintptr_t)(memory->segment.base + PAGE);
  /* The header may have been written over since it was checked: the file's size is what holds. */
  uint64_t size = ((const struct header *)(void *)memory->segment.base)->size;
  place[1] = size <= memory->segment.size - PAGE ? size : memory->segment.size - PAGE;
  return 0;
}

/* The user's bytes at {offset, length}, or NULL where there are no such. */
static uint8_t *bytes_at(int32_t index, const uint64_t *range) {
  const struct memory *memory = pp_handle_get(index, PP_MEMORY);
  if (memory == NULL) return NULL;
  uint64_t room = memory->segment.size - PAGE;
  return range[0] <= room && range[1] <= room - range[0] ? memory->segment.base + PAGE + range[0] : NULL;
}

int32_t pp_memory_read(int32_t index, const uint64_t *range, void *bytes) {
  const uint8_t *from = bytes_at(index, range);
  if (from == NULL) return -EBADF;
  memcpy(bytes, from, range[1]);
  return 0;
}

int32_t pp_memory_write(int32_t index, const uint64_t *range, const void *bytes) {
  uint8_t *to = bytes_at(index, range);
  if (to == NULL) return -EBADF;
  memcpy(to, bytes, range[1]);
  return 0;
}

enum { LOAD, STORE, ADD, SUB, AND, OR, EXCHANGE, COMPARE_EXCHANGE };

#define OPERATE(type) \
  static int operate_##type(void *at, int operation, void *values) { \
    _Atomic type *word = at; \
    type *value = values, before = 0; \
    switch (operation) { \
      case LOAD: before = atomic_load(word); break; \
      case STORE: atomic_store(word, *value); break; \
      case ADD: before = atomic_fetch_add(word, *value); break; \
      case SUB: before = atomic_fetch_sub(word, *value); break; \
      case AND: before = atomic_fetch_and(word, *value); break; \
      case OR: before = atomic_fetch_or(word, *value); break; \
      case EXCHANGE: before = atomic_exchange(word, *value); break; \
      case COMPARE_EXCHANGE: \
        before = *(type *)(void *)((uint8_t *)values + 8); \
        atomic_compare_exchange_strong(word, &before, *value); \
        break; \
      default: return -EINVAL; \
    } \
    *value = before; \
    return 0; \
  }

OPERATE(uint8_t)
OPERATE(uint16_t)
OPERATE(uint32_t)
OPERATE(uint64_t)

int32_t pp_memory_atomic(int32_t index, int32_t operation, int32_t width, void *values) {
  struct memory *memory = pp_handle_get(index, PP_MEMORY);
  if (memory == NULL) return -EBADF;
  void *at = memory->segment.base + PAGE;
  switch (width) {
    case 1: return operate_uint8_t(at, operation, values);
    case 2: return operate_uint16_t(at, operation, values);
    case 4: return operate_uint32_t(at, operation, values);
    case 8: return operate_uint64_t(at, operation, values);
    default: return -EINVAL;
  }
}
