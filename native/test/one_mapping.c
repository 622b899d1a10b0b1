/* Links with --wrap=mmap,--wrap=munmap, and gives all participants in this process the same mapping of a memory file. A race detector knows
 * memory by its address only. With a mapping for each participant it would not see that they use the same memory. */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "harness.h"

#define MOST 64

void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *address, size_t length);

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct mapping {
  ino_t file;
  void *base;
  int users;
} mappings[MOST];

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  struct stat status;
  if (fd < 0 || (flags & MAP_SHARED) == 0 || fstat(fd, &status) < 0) return __real_mmap(address, length, protection, flags, fd, offset);
  struct mapping *mapping = NULL;
  pthread_mutex_lock(&guard);
  for (int i = 0; i < MOST; i++)
    if (mappings[i].users > 0 && mappings[i].file == status.st_ino) mapping = &mappings[i];
  for (int i = 0; i < MOST && mapping == NULL; i++) {
    if (mappings[i].users > 0) continue;
    mapping = &mappings[i];
    *mapping = (struct mapping){status.st_ino, __real_mmap(address, length, protection, flags, fd, offset), 0};
  }
  CHECK(mapping != NULL);
  mapping->users++;
  pthread_mutex_unlock(&guard);
  return mapping->base;
}

int __wrap_munmap(void *address, size_t length) {
  int status = -1;
  pthread_mutex_lock(&guard);
  for (int i = 0; i < MOST && status < 0; i++) {
    if (mappings[i].users == 0 || mappings[i].base != address) continue;
    status = --mappings[i].users == 0 ? __real_munmap(address, length) : 0;
  }
  pthread_mutex_unlock(&guard);
  return status < 0 ? __real_munmap(address, length) : status;
}
