#include "bells.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "polyproc.h"

static char folder[] = "/tmp/pp-bells-XXXXXX";

void bells_begin(void) {
  strcpy(folder + sizeof folder - sizeof "XXXXXX", "XXXXXX");
  CHECK(mkdtemp(folder) != NULL);
}

int32_t bells_open(void) {
  char path[sizeof folder + 20];
  int32_t fd, inbox = pp_inbox_open(&fd);
  snprintf(path, sizeof path, "%s/%016lx.b", folder, (unsigned long)getpid());
  CHECK(inbox >= 0 && pp_inbox_make_bell(inbox, (const uint8_t *)path, getpid() % 2, &fd) == 0);
  return inbox;
}

void bells_wait(int32_t inbox, int ms) {
  int32_t events[2];
  pp_inbox_wait(inbox, ms);
  pp_inbox_take(inbox, events, 1);
}

void bells_end(void) {
  DIR *files = opendir(folder);
  CHECK(files != NULL);
  for (struct dirent *file; (file = readdir(files)) != NULL;) unlinkat(dirfd(files), file->d_name, 0);
  closedir(files);
  CHECK(rmdir(folder) == 0);
}
