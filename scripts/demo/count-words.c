/* Counts words as examples/index-files.ts does, in plain C: what a speed-up is compared with. `count-words PROCESSES` reads paths from stdin, one a
 * line; an empty line ends a batch. The processes take batches from a shared counter, and each sends its counts at its end. Prints the number of
 * files, of different words, and the milliseconds from the first fork to the last count. */
#include <fcntl.h>
#include <locale.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wctype.h>

#define MOST_PROCESSES 1024
#define LEAST_LETTERS 2

struct word {
  char *text;
  uint32_t length, count;
};

/* A hash table with open addressing. Its size is a power of two. */
static struct word *words;
static size_t size, used;

static char *input;   /* what stdin gave */
static char **paths;  /* NULL ends a batch */
static size_t *first; /* the index of the first path of each batch */
static size_t batches, files;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void *checked(void *memory) {
  if (memory == NULL) fail("memory");
  return memory;
}

static struct word *find(const char *text, uint32_t length) {
  uint64_t hash = 14695981039346656037u;
  for (uint32_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)text[i]) * 1099511628211u;
  size_t at = (size_t)(hash ^ hash >> 32) & (size - 1);
  while (words[at].text != NULL && (words[at].length != length || memcmp(words[at].text, text, length) != 0)) at = (at + 1) & (size - 1);
  return &words[at];
}

static void grow(void) {
  struct word *old = words;
  size_t count = size;
  size = size == 0 ? 1 << 12 : size * 2;
  words = checked(calloc(size, sizeof *words));
  for (size_t i = 0; i < count; i++)
    if (old[i].text != NULL) *find(old[i].text, old[i].length) = old[i];
  free(old);
}

static void add(const char *text, uint32_t length, uint32_t count) {
  if (used * 2 >= size) grow();
  struct word *word = find(text, length);
  if (word->text == NULL) {
    *word = (struct word){memcpy(checked(malloc(length)), text, length), length, 0};
    used++;
  }
  word->count += count;
}

/* The number of bytes of the UTF-8 character at `at`, which goes to `point`. A byte that begins no character is one without a letter. */
static size_t decode(const uint8_t *at, size_t left, wint_t *point) {
  size_t bytes = *at < 0x80 ? 1 : *at >> 5 == 6 ? 2 : *at >> 4 == 14 ? 3 : *at >> 3 == 30 ? 4 : 0;
  *point = 0;
  if (bytes == 0 || bytes > left) return 1;
  *point = bytes == 1 ? *at : *at & (0xffu >> (bytes + 1));
  for (size_t i = 1; i < bytes; i++) *point = *point << 6 | (at[i] & 0x3f);
  return bytes;
}

static uint32_t encode(wint_t point, char *to) {
  if (point < 0x80) {
    *to = (char)point;
    return 1;
  }
  uint32_t bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (uint32_t i = bytes; i-- > 1; point >>= 6) to[i] = (char)(0x80 | (point & 0x3f));
  *to = (char)((0xf00u >> bytes & 0xff) | point);
  return bytes;
}

static void count_in(const uint8_t *text, size_t length) {
  /* Lower case takes more bytes than upper case for a few letters. */
  char *word = checked(malloc(length * 2 + 4));
  uint32_t bytes = 0, letters = 0;
  for (size_t at = 0; at < length;) {
    wint_t point;
    at += decode(text + at, length - at, &point);
    bool is_letter = point < 0x80 ? (point | 32) >= 'a' && (point | 32) <= 'z' : iswalpha(point) != 0;
    if (is_letter) {
      bytes += encode(point < 0x80 ? point | 32 : towlower(point), word + bytes);
      letters++;
    }
    if (is_letter && at < length) continue;
    if (letters >= LEAST_LETTERS) add(word, bytes, 1);
    bytes = letters = 0;
  }
  free(word);
}

static void count_file(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat about;
  if (fd < 0 || fstat(fd, &about) < 0) fail(path);
  size_t length = (size_t)about.st_size, done = 0;
  uint8_t *text = checked(malloc(length + 1));
  for (ssize_t count; done < length && (count = read(fd, text + done, length - done)) > 0;) done += (size_t)count;
  close(fd);
  count_in(text, done);
  free(text);
}

static void work(atomic_size_t *next, FILE *out) {
  for (size_t batch; (batch = atomic_fetch_add(next, 1)) < batches;)
    for (char **path = &paths[first[batch]]; *path != NULL; path++) count_file(*path);
  for (size_t i = 0; i < size; i++) {
    if (words[i].text == NULL) continue;
    fwrite(&words[i].length, sizeof words[i].length, 1, out);
    fwrite(&words[i].count, sizeof words[i].count, 1, out);
    fwrite(words[i].text, 1, words[i].length, out);
  }
  if (fclose(out) != 0) fail("pipe");
  _exit(0);
}

static void collect(FILE *in) {
  uint32_t about[2];
  while (fread(about, sizeof about, 1, in) == 1) {
    char *text = checked(malloc(about[0] + 1));
    if (fread(text, 1, about[0], in) != about[0]) fail("pipe");
    add(text, about[0], about[1]);
    free(text);
  }
  fclose(in);
}

static void read_batches(void) {
  size_t length = 0, room = 1 << 16;
  input = checked(malloc(room));
  for (size_t count; (count = fread(input + length, 1, room - length - 1, stdin)) > 0;) {
    length += count;
    if (length + 1 == room) input = checked(realloc(input, room *= 2));
  }
  input[length] = '\0';
  size_t lines = 1;
  for (size_t i = 0; i < length; i++) lines += input[i] == '\n';
  paths = checked(calloc(lines + 2, sizeof *paths));
  first = checked(calloc(lines + 2, sizeof *first));
  size_t at = 0;
  for (char *line = input, *end; *line != '\0'; line = end + 1) {
    end = strchr(line, '\n');
    if (end == NULL) fail("a path without a line break");
    *end = '\0';
    if (*line == '\0') {
      paths[at++] = NULL;
      first[++batches] = at;
      continue;
    }
    paths[at++] = line;
    files++;
  }
}

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  long processes = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
  if (processes < 1 || processes > MOST_PROCESSES) {
    fputs("Usage: count-words PROCESSES\n", stderr);
    return 2;
  }
  /* The classes of letters in UTF-8. */
  if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) setlocale(LC_CTYPE, "");
  read_batches();
  atomic_size_t *next = mmap(NULL, sizeof *next, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (next == MAP_FAILED) fail("mmap");
  FILE *from[MOST_PROCESSES];
  double start = now_ms();
  for (long i = 0; i < processes; i++) {
    int ends[2];
    if (pipe(ends) < 0) fail("pipe");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) work(next, fdopen(ends[1], "w"));
    close(ends[1]);
    from[i] = fdopen(ends[0], "r");
  }
  for (long i = 0; i < processes; i++) collect(from[i]);
  int failures = 0;
  for (int status; wait(&status) > 0;) failures += status != 0;
  printf("{\"files\":%zu,\"words\":%zu,\"ms\":%.3f}\n", files, used, now_ms() - start);
  return failures == 0 ? 0 : 1;
}
