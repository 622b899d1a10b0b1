/* Making, opening, attaching and closing shared memory. */
#include "memory/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_status.h"
#include "base/room_left.h"

/* Closes named memory and removes the name if nobody else holds it. Of two processes that close at the same time, the later one finds no
 * lock but its own. */
static void close_named(struct pp_segment *segment, const char *path) {
  /* A mapping keeps its file open, and with it the lock. So the mapping must go first. */
  munmap(segment->base, segment->size);
  close(segment->fd);
  segment->base = NULL;
  segment->fd = -1;
  pp_named_remove_if_last(segment->own_fd, path);
}

/* A thread that ended may have passed its view of the bytes to another thread. So the bytes stay mapped, but the mapping no longer holds
 * the name: it is replaced by one through the other descriptor, whose lock is given up. */
static int leave_name(struct pp_memory *memory) {
  struct pp_segment *segment = &memory->segment;
  if (memory->path[0] == '\0') return 0;
  int status = pp_segment_map_at(segment, segment->base, segment->own_fd);
  close(segment->fd);
  segment->fd = -1;
  if (status == 0) pp_named_remove_if_last(segment->own_fd, memory->path);
  memory->path[0] = '\0';
  return status;
}

static void close_memory(void *object, int owner_ended) {
  struct pp_memory *memory = object;
  if (owner_ended) {
    leave_name(memory);
    memory->segment.base = NULL;
  } else if (memory->path[0] != '\0') close_named(&memory->segment, memory->path);
  pp_segment_close(&memory->segment);
  free(memory);
}

static int32_t add_handle(struct pp_memory *memory, int status, int32_t inbox) {
  if (status >= 0) return pp_handle_add(PP_MEMORY, inbox, memory, close_memory);
  pp_segment_close(&memory->segment);
  free(memory);
  return status;
}

static struct pp_memory *allocate(void) {
  struct pp_memory *memory = calloc(1, sizeof *memory);
  if (memory != NULL) memory->segment = (struct pp_segment){.fd = -1, .own_fd = -1};
  return memory;
}

static void write_header(struct pp_memory *memory, uint64_t size, bool named) {
  struct pp_memory_header *header = (struct pp_memory_header *)(void *)memory->segment.base;
  header->magic = PP_MEMORY_MAGIC;
  header->version = PP_MEMORY_VERSION;
  header->named = named;
  header->size = size;
}

/* Makes a file that has no name yet. A process that dies before it gives the file its name leaves nothing behind. */
static int make_file(struct pp_segment *segment, uint64_t total) {
  segment->fd = open(PP_NAMED_FOLDER, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (segment->fd < 0) return -errno;
  segment->size = total;
  int status = pp_segment_extend(segment->fd, total);
  if (status == 0) status = pp_segment_map(segment);
  return status < 0 ? status : pp_named_hold(segment->fd);
}

/* Gives the file its name. */
static int publish(struct pp_memory *memory, const char *path) {
  char file[32];
  snprintf(file, sizeof file, "/proc/self/fd/%d", memory->segment.fd);
  if (linkat(AT_FDCWD, file, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0) return -errno;
  strcpy(memory->path, path);
  return 0;
}

int32_t pp_memory_make(int32_t inbox, const char *name, const uint64_t *size) {
  if (*size == 0 || *size > (1ull << 53)) return -EINVAL;
  bool named = *name != '\0';
  char path[PP_NAMED_PATH];
  int status = named ? pp_named_path(name, path, sizeof path) : 0;
  if (status < 0) return status;
  uint64_t total = PP_MEMORY_PAGE + ((*size + PP_MEMORY_PAGE - 1) & ~(uint64_t)(PP_MEMORY_PAGE - 1));
  struct pp_memory *memory = total > pp_memory_left() ? NULL : allocate();
  if (memory == NULL) return -ENOMEM;
  status = named ? make_file(&memory->segment, total) : pp_segment_make(&memory->segment, total);
  if (status == 0) status = pp_segment_fill(&memory->segment, 0, total);
  if (status == 0) write_header(memory, *size, named);
  if (status == 0 && named) status = publish(memory, path);
  return add_handle(memory, status, inbox);
}

/* Maps the file and checks that it is shared memory. -EBADMSG: it is not. -EPROTO: another version made it. */
static int map_checked(struct pp_memory *memory) {
  struct pp_segment *segment = &memory->segment;
  struct stat stat;
  if (pp_fstat(segment->fd, &stat) < 0) return -errno;
  if (!S_ISREG(stat.st_mode) || stat.st_size < 2 * PP_MEMORY_PAGE) return -EBADMSG;
  segment->size = (uint64_t)stat.st_size;
  int status = pp_segment_map(segment);
  if (status < 0) return status;
  const struct pp_memory_header *header = (const struct pp_memory_header *)(void *)segment->base;
  if (header->magic != PP_MEMORY_MAGIC) return -EBADMSG;
  if (header->version != PP_MEMORY_VERSION) return -EPROTO;
  uint64_t size = header->size, room = pp_memory_room(memory);
  return size > 0 && size <= room && room - size < PP_MEMORY_PAGE ? 0 : -EBADMSG;
}

int32_t pp_memory_open(int32_t inbox, int32_t fd) {
  struct pp_memory *memory = allocate();
  if (memory == NULL) {
    close(fd);
    return -ENOMEM;
  }
  memory->segment.fd = fd;
  /* The seals are needed whatever the sender says of the memory. It could cut a file without them, and each access would be a SIGBUS. */
  int seals = fcntl(fd, F_GET_SEALS);
  bool sealed = seals >= 0 && (seals & (F_SEAL_SHRINK | F_SEAL_GROW)) == (F_SEAL_SHRINK | F_SEAL_GROW);
  return add_handle(memory, sealed ? map_checked(memory) : -EBADMSG, inbox);
}

static int attach(struct pp_memory *memory, const char *name, int same_as) {
  char path[PP_NAMED_PATH];
  int status = pp_named_path(name, path, sizeof path);
  if (status < 0) return status;
  memory->segment.fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (memory->segment.fd < 0) return -errno;
  struct stat stat;
  if (pp_fstat(memory->segment.fd, &stat) < 0) return -errno;
  if (stat.st_uid != geteuid() || (stat.st_mode & 0077) != 0) return -EPERM;
  status = map_checked(memory);
  if (status == 0) status = pp_named_hold(memory->segment.fd);
  /* The last holder removes the name at this moment, or has done so after the file was opened here. */
  if (status == -EAGAIN || status == -EACCES || (status == 0 && !pp_named_is_at(memory->segment.fd, path))) return -ENOENT;
  if (status == 0 && same_as >= 0 && !pp_named_is_at(same_as, path)) return -ENOENT;
  if (status == 0) strcpy(memory->path, path);
  return status;
}

int32_t pp_memory_attach(int32_t inbox, const char *name, int32_t fd) {
  struct pp_memory *memory = allocate();
  int32_t index = memory == NULL ? -ENOMEM : add_handle(memory, attach(memory, name, fd), inbox);
  /* Until now the descriptor has kept the name from being removed by the last holder. */
  if (fd >= 0) close(fd);
  return index;
}

int32_t pp_memory_close(int32_t index) { return pp_handle_close(index, PP_MEMORY); }

int32_t pp_memory_leave(int32_t index) {
  struct pp_memory *memory = pp_memory_find(index);
  return memory == NULL ? -EBADF : leave_name(memory);
}

int32_t pp_memory_fd(int32_t index) {
  const struct pp_memory *memory = pp_memory_find(index);
  return memory == NULL ? -EBADF : memory->segment.fd;
}
