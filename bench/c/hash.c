/* How many times faster some processes hash files than a loop in one. Each process takes the next file that is left; the hashes go into shared
 * memory. A pool can't be faster. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "sha256.h"

#define MAX_FILES 100000
#define MAX_ROUNDS 1000
#define MIN_ROUNDS 3

typedef uint32_t Hash[8];

struct shared {
  _Atomic int64_t next;
  Hash hashes[MAX_FILES];
};

static char *files[MAX_FILES];
static int64_t count;
static struct shared *shared;

static uint8_t *read_file(const char *path, size_t *length) {
  struct stat found;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &found) < 0) exit(1);
  *length = (size_t)found.st_size;
  uint8_t *bytes = malloc(*length + 1);
  if (bytes == NULL) exit(1);
  for (size_t at = 0; at < *length;) {
    ssize_t got = read(fd, bytes + at, *length - at);
    if (got <= 0) exit(1);
    at += (size_t)got;
  }
  close(fd);
  return bytes;
}

static void list_files(const char *path) {
  size_t length;
  char *text = (char *)read_file(path, &length), *rest;
  text[length] = 0;
  for (char *name = strtok_r(text, "\n", &rest); name != NULL; name = strtok_r(NULL, "\n", &rest)) {
    if (count == MAX_FILES) exit(1);
    files[count++] = name;
  }
}

/* Hashes the files that are left. */
static void hash_files(void) {
  for (int64_t i; (i = atomic_fetch_add(&shared->next, 1)) < count;) {
    size_t length;
    uint8_t *bytes = read_file(files[i], &length);
    sha256(bytes, length, shared->hashes[i]);
    free(bytes);
  }
}

/* Milliseconds of hashing all files. With one process it is this one. */
static double hash_all(int64_t processes) {
  atomic_store(&shared->next, 0);
  memset(shared->hashes, 0, sizeof shared->hashes);
  double start = now_us();
  if (processes == 1) hash_files();
  else {
    for (int64_t i = 0; i < processes; i++) {
      pid_t child = fork();
      if (child < 0) exit(1);
      if (child > 0) continue;
      hash_files();
      _exit(0);
    }
    for (int status; wait(&status) > 0;)
      if (status != 0) exit(1);
  }
  return (now_us() - start) / 1000;
}

static int compare(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

int main(int argc, char **argv) {
  static const Hash of_abc = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
  static Hash wanted[MAX_FILES];
  double ratios[MAX_ROUNDS];
  Hash hash;
  sha256((const uint8_t *)"abc", 3, hash);
  if (memcmp(hash, of_abc, sizeof hash) != 0) return 1;
  list_files(text_setting(argc, argv, "files"));
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  int64_t workers = setting(argc, argv, "workers", 2), ms = setting(argc, argv, "ms", 1000);
  /* The first round reads the files from the disk, and does not count. */
  int rounds = -1;
  double begin = now_us();
  while (rounds < MIN_ROUNDS || (rounds < MAX_ROUNDS && now_us() - begin < (double)ms * 1000)) {
    double alone = hash_all(1);
    memcpy(wanted, shared->hashes, sizeof wanted);
    double together = hash_all(workers);
    if (memcmp(wanted, shared->hashes, sizeof wanted) != 0) return 1;
    if (rounds >= 0) ratios[rounds] = alone / together;
    rounds++;
  }
  qsort(ratios, (size_t)rounds, sizeof *ratios, compare);
  report(ratios[rounds / 2]);
  return 0;
}
