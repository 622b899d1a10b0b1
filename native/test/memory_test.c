/* Shared memory that comes from others: by a descriptor, which must be sealed, and by a name, which must be the one that was sent. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "memory/memory.h"
#include "polyproc.h"

#define BOTH (F_SEAL_SHRINK | F_SEAL_GROW)

static const uint64_t size = 8192;
static char name[64], other_name[64];

/* Makes a file that looks like memory, and returns what opening it returns, 0 for success. */
static int open_file(uint32_t named, int seals) {
  int fd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  struct pp_memory_header header = {PP_MEMORY_MAGIC, 1, named, size};
  CHECK(fd >= 0 && ftruncate(fd, PP_MEMORY_PAGE + (off_t)size) == 0 && pwrite(fd, &header, sizeof header, 0) == sizeof header);
  CHECK(fcntl(fd, F_ADD_SEALS, seals) == 0);
  int memory = pp_memory_open(-1, fd);
  if (memory >= 0) return pp_memory_close(memory);
  CHECK(fcntl(fd, F_GETFD) < 0);
  return memory;
}

static void seals_are_needed(void) {
  for (uint32_t named = 0; named < 2; named++) {
    CHECK(open_file(named, BOTH) == 0);
    CHECK(open_file(named, 0) == -EBADMSG && open_file(named, F_SEAL_SHRINK) == -EBADMSG && open_file(named, F_SEAL_GROW) == -EBADMSG);
  }
  int made = pp_memory_make(-1, name, &size);
  CHECK(made >= 0 && pp_memory_open(-1, dup(pp_memory_fd(made))) == -EBADMSG);
  /* It counts as held by its maker alone again, and goes with it. */
  CHECK(pp_memory_close(made) == 0 && pp_memory_attach(-1, name, -1) == -ENOENT);
}

static void names_are_those_that_were_sent(void) {
  int made = pp_memory_make(-1, name, &size), other = pp_memory_make(-1, other_name, &size);
  int sent = dup(pp_memory_fd(made));
  int attached = pp_memory_attach(-1, name, sent);
  CHECK(made >= 0 && other >= 0 && attached >= 0 && fcntl(sent, F_GETFD) < 0);
  CHECK(pp_memory_attach(-1, other_name, dup(pp_memory_fd(made))) == -ENOENT);
  CHECK(pp_memory_attach(-1, name, open("/dev/null", O_RDWR)) == -ENOENT);
  CHECK(pp_memory_close(attached) == 0 && pp_memory_close(made) == 0 && pp_memory_close(other) == 0);
  CHECK(pp_memory_attach(-1, name, -1) == -ENOENT && pp_memory_attach(-1, other_name, -1) == -ENOENT);
}

int main(void) {
  snprintf(name, sizeof name, "memory-test-%d", getpid());
  snprintf(other_name, sizeof other_name, "memory-test-%d-other", getpid());
  seals_are_needed();
  names_are_those_that_were_sent();
  printf("shared memory that comes from others: correct\n");
  return 0;
}
