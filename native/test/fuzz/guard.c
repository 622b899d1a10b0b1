/* Links with --wrap=mmap,--wrap=munmap. Each shared mapping lies between gigabytes without any access rights, so that every access outside
 * of it is an error. */
#include <stdlib.h>
#include <sys/mman.h>

#define GUARD (4ull << 30)

void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *address, size_t length);

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  if (fd < 0 || (flags & MAP_SHARED) == 0) return __real_mmap(address, length, protection, flags, fd, offset);
  char *base = __real_mmap(NULL, length + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) abort();
  void *mapped = __real_mmap(base + GUARD, length, protection, flags | MAP_FIXED, fd, offset);
  if (mapped == MAP_FAILED) __real_munmap(base, length + 2 * GUARD);
  return mapped;
}

int __wrap_munmap(void *address, size_t length) { return __real_munmap((char *)address - GUARD, length + 2 * GUARD); }
