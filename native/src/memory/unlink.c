/* Unlinking shared memory: by its name and identity, by its last holder, who must know the name, and by a sweep of the names that nobody
 * holds. named.c removes the file itself. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/file_status.h"
#include "memory/memory.h"

int32_t pp_memory_identity(int32_t index, uint64_t *identity) {
  const struct pp_memory *memory = pp_memory_find(index);
  struct stat stat;
  if (memory == NULL || pp_fstat(memory->segment.fd, &stat) < 0) return -EBADF;
  identity[0] = stat.st_dev;
  identity[1] = stat.st_ino;
  return 0;
}

int32_t pp_memory_unlink(const char *name, const uint64_t *identity) {
  char path[PP_NAMED_PATH];
  int status = pp_named_path(name, path, sizeof path);
  if (status < 0) return status;
  int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  struct stat stat;
  if (pp_fstat(fd, &stat) < 0) status = -errno;
  else status = stat.st_dev == identity[0] && stat.st_ino == identity[1] ? pp_named_remove(fd, path) : -ENOENT;
  close(fd);
  return status;
}

int32_t pp_memory_sweep(void) {
  DIR *folder = opendir(PP_NAMED_FOLDER);
  if (folder == NULL) return 0;
  int removed = 0;
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strncmp(entry->d_name, PP_NAMED_PREFIX, strlen(PP_NAMED_PREFIX)) != 0) continue;
    char path[sizeof PP_NAMED_FOLDER + sizeof entry->d_name];
    snprintf(path, sizeof path, PP_NAMED_FOLDER "%s", entry->d_name);
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat stat;
    struct pp_memory_header header;
    /* The prefix alone proves nothing: another program may use it, too. Memory of another version may be locked in another way. */
    bool ours = pp_fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_uid == geteuid() && (stat.st_mode & 0077) == 0 &&
                pread(fd, &header, sizeof header, 0) == sizeof header && header.magic == PP_MEMORY_MAGIC &&
                header.version == PP_MEMORY_VERSION && header.named == 1;
    FAILPOINT("memory.found");
    if (ours) removed += pp_named_remove_if_last(fd, path);
    close(fd);
  }
  closedir(folder);
  return removed;
}
