/* Shared memory that comes from others: by a descriptor, which must be sealed, and by a name, which must be the one that was sent. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

/* What a sweep meets in the folder: memory that nobody has, and files that only look like it. */
static void sweeping(void) {
  static const struct { mode_t mode; struct pp_memory_header header; bool ours; } files[] = {
      {0600, {PP_MEMORY_MAGIC, PP_MEMORY_VERSION, 1, 8}, true},       {0600, {PP_MEMORY_MAGIC, PP_MEMORY_VERSION + 1, 1, 8}, false},
      {0644, {PP_MEMORY_MAGIC, PP_MEMORY_VERSION, 1, 8}, false},      {0600, {PP_MEMORY_MAGIC, PP_MEMORY_VERSION, 0, 8}, false},
      {0600, {PP_MEMORY_MAGIC + 1, PP_MEMORY_VERSION, 1, 8}, false},
  };
  char path[PP_NAMED_PATH];
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    CHECK(pp_named_path(name, path, sizeof path) == 0);
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0600);
    CHECK(fd >= 0 && fchmod(fd, files[i].mode) == 0 && ftruncate(fd, 8192) == 0);
    CHECK(pwrite(fd, &files[i].header, sizeof files[i].header, 0) == sizeof files[i].header && close(fd) == 0);
    pp_memory_sweep();
    CHECK((access(path, F_OK) < 0) == files[i].ours && (files[i].ours || unlink(path) == 0));
  }
}

/* Whoever leaves goes on with its bytes, and the last one to leave removes the name. */
static void leaving(void) {
  int made = pp_memory_make(-1, name, &size), other = pp_memory_attach(-1, name, -1);
  uint64_t range[2], same[2];
  CHECK(made >= 0 && other >= 0 && pp_memory_address(made, range) == 0);
  ((uint8_t *)(uintptr_t)range[0])[5] = 7;
  CHECK(pp_memory_leave(made) == 0 && pp_memory_leave(made) == 0);
  int third = pp_memory_attach(-1, name, -1);
  CHECK(third >= 0 && pp_memory_close(third) == 0 && pp_memory_leave(other) == 0 && pp_memory_attach(-1, name, -1) == -ENOENT);
  CHECK(pp_memory_address(made, same) == 0 && same[0] == range[0] && ((uint8_t *)(uintptr_t)range[0])[5] == 7);
  CHECK(pp_memory_close(made) == 0 && pp_memory_close(other) == 0);
}

int main(void) {
  snprintf(name, sizeof name, "memory-test-%d", getpid());
  snprintf(other_name, sizeof other_name, "memory-test-%d-other", getpid());
  seals_are_needed();
  names_are_those_that_were_sent();
  sweeping();
  leaving();
  printf("shared memory that comes from others: correct\n");
  return 0;
}
