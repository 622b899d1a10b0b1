#include "process/kept.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "process/keeper_packet.h"

#define MOST_KEPT 4096

struct kept {
  uint8_t token[PP_TOKEN];
  int fd;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct kept *kept;
static int count, room;

int pp_kept_add(const uint8_t *token, int fd) {
  pthread_mutex_lock(&guard);
  int status = count < MOST_KEPT ? 0 : -EMFILE;
  if (status == 0 && count == room) {
    int wanted = room == 0 ? 16 : room * 2;
    struct kept *larger = realloc(kept, (size_t)wanted * sizeof *kept);
    if (larger == NULL) status = -ENOMEM;
    else {
      kept = larger;
      room = wanted;
    }
  }
  if (status == 0) {
    kept[count].fd = fd;
    memcpy(kept[count++].token, token, PP_TOKEN);
  }
  pthread_mutex_unlock(&guard);
  return status;
}

int pp_kept_take(const uint8_t *token) {
  int fd = -ENOENT;
  pthread_mutex_lock(&guard);
  for (int i = 0; i < count && fd < 0; i++) {
    if (memcmp(kept[i].token, token, PP_TOKEN) != 0) continue;
    fd = kept[i].fd;
    kept[i] = kept[--count];
  }
  pthread_mutex_unlock(&guard);
  return fd;
}
