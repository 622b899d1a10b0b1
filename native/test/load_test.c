/* load_test LIBRARY: loads the library as a runtime does, and calls a bit of everything. It is for machines on which no runtime is at
 * hand. */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "harness.h"
#include "polyproc.h"

static void *library;

static void *find(const char *name) {
  void *address = dlsym(library, name);
  if (address == NULL) fprintf(stderr, "no %s\n", name);
  CHECK(address != NULL);
  return address;
}

#define FIND(name) __typeof__(name) *(f_##name) = (__typeof__(name) *)find(#name)

int main(int argc, char **argv) {
  CHECK(argc == 2);
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fprintf(stderr, "%s\n", dlerror());
  CHECK(library != NULL && dlsym(library, "napi_register_module_v1") != NULL);
  FIND(pp_abi);
  FIND(pp_probe);
  FIND(pp_inbox_open);
  FIND(pp_inbox_take);
  FIND(pp_inbox_wait);
  FIND(pp_inbox_close);
  FIND(pp_queue_make);
  FIND(pp_queue_put);
  FIND(pp_queue_get);
  FIND(pp_queue_watch);
  FIND(pp_queue_close);
  FIND(pp_spawn);
  FIND(pp_close);
  char feature[32];
  CHECK(f_pp_abi() == PP_ABI);
  int status = f_pp_probe(feature);
  if (status < 0) fprintf(stderr, "the kernel refuses %s: %s\n", feature, strerror(-status));
  CHECK(status == 0);

  int32_t socket, events[2], inbox = f_pp_inbox_open(&socket);
  uint64_t maxsize = 1;
  uint8_t bytes[8];
  int32_t queue = f_pp_queue_make(inbox, &maxsize, 0);
  CHECK(inbox >= 0 && queue >= 0);
  CHECK(f_pp_queue_get(queue, bytes, sizeof bytes, 0) == -EAGAIN && f_pp_queue_watch(queue, 1, PP_ITEMS) == 0);
  CHECK(f_pp_queue_put(queue, (const uint8_t *)"item", 4, 0) == 0 && f_pp_queue_put(queue, bytes, 4, 0) == -EAGAIN);
  CHECK(f_pp_inbox_wait(inbox, 5000) == 1 && f_pp_inbox_take(inbox, events, 1) == 1 && events[0] == 1 && events[1] == PP_ITEMS);
  CHECK(f_pp_queue_get(queue, bytes, sizeof bytes, 0) == 4 && memcmp(bytes, "item", 4) == 0 && f_pp_queue_close(queue) == 0);

  struct pp_spawn settings = {.fd = {-1, -1, -1}, .argc = 3, .inherit = 1};
  int32_t pid, pidfd = f_pp_spawn(inbox, 2, &settings, "/bin/sh\0\0sh\0-c\0exit 7", &pid);
  CHECK(pidfd >= 0 && f_pp_inbox_wait(inbox, 10000) == 1 && f_pp_inbox_take(inbox, events, 1) == 1 && events[0] == 2 && events[1] == 7);
  CHECK(f_pp_close(pidfd) == 0 && f_pp_inbox_close(inbox) == 0);
  printf("loaded, and works\n");
  return 0;
}
