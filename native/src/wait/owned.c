#include "wait/owned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "polyproc.h"
#include "wait/reactor.h"

/* By the descriptor's number: its inbox + 1, or 0. The reactor's guard protects both. */
static int32_t *owners;
static int room;

static int make_room(int fd) {
  if (fd < room) return 0;
  int wanted = fd < 64 ? 128 : fd * 2;
  int32_t *larger = realloc(owners, (size_t)wanted * sizeof *owners);
  if (larger == NULL) return -ENOMEM;
  memset(larger + room, 0, (size_t)(wanted - room) * sizeof *larger);
  owners = larger;
  room = wanted;
  return 0;
}

int32_t pp_own(int32_t inbox, int32_t fd) {
  if (fd < 0) return -EBADF;
  pp_reactor_lock();
  int status = make_room(fd);
  if (status == 0) owners[fd] = inbox + 1;
  pp_reactor_unlock();
  return status;
}

void pp_owned_remove(int fd) {
  if (fd >= 0 && fd < room) owners[fd] = 0;
}

void pp_owned_close_all(int32_t inbox) {
  pp_reactor_lock();
  for (int fd = 0; fd < room; fd++) {
    if (owners[fd] != inbox + 1) continue;
    owners[fd] = 0;
    pp_reactor_remove(fd);
    close(fd);
  }
  pp_reactor_unlock();
}
