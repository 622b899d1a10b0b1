/* What the kernel knows about a file. glibc has had functions for this only since 2.33; before, they were part of each program. */
#ifndef PP_FILE_STATUS_H
#define PP_FILE_STATUS_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int pp_fstat(int fd, struct stat *status) { return (int)syscall(SYS_fstat, fd, status); }

static inline int pp_lstat(const char *path, struct stat *status) {
  return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

#endif
