/* Whose is a participant of an object? The kernel tells it: each participant has a lock on one byte of the file, and the system's page about a
 * descriptor names the locks that belong to it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_status.h"
#include "base/participant.h"
#include "polyproc.h"

#define TEXT 4096

/* Reads lines such as "lock:	1: OFDLCK  ADVISORY  WRITE -1 00:01:1033 5 5". The last two numbers are the first and the last byte. */
static int index_in(const char *text) {
  for (const char *line = strstr(text, "lock:\t"); line != NULL; line = strstr(line + 1, "lock:\t")) {
    unsigned first, last;
    if (sscanf(line, "lock:\t%*d: OFDLCK ADVISORY WRITE -1 %*x:%*x:%*u %u %u", &first, &last) != 2) continue;
    if (first == last && first < PP_PARTICIPANTS) return (int)first;
  }
  return -ENODATA;
}

int32_t pp_inspect_descriptor(int32_t pid, int32_t fd, uint64_t *identity) {
  char path[64], text[TEXT];
  struct stat file;
  snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
  if (syscall(SYS_newfstatat, AT_FDCWD, path, &file, 0) < 0) return -errno;
  identity[0] = file.st_dev;
  identity[1] = file.st_ino;
  snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", pid, fd);
  int page = open(path, O_RDONLY | O_CLOEXEC);
  if (page < 0) return -errno;
  ssize_t length = read(page, text, sizeof text - 1);
  int status = length < 0 ? -errno : 0;
  close(page);
  if (status < 0) return status;
  text[length] = '\0';
  return index_in(text);
}
