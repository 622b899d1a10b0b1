#include "base/handles.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define MOST_HANDLES 65536

struct handle {
  enum pp_kind kind;
  int32_t inbox;
  void *object;
  pp_closer *close;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct handle *handles;
static int32_t room;
static int32_t first_free; /* no slot before it is free */

/* The caller holds `guard`. */
static int32_t free_slot(void) {
  int32_t index = first_free;
  while (index < room && handles[index].object != NULL) index++;
  first_free = index;
  if (index < room) return index;
  int32_t wanted = room == 0 ? 16 : room * 2;
  if (wanted > MOST_HANDLES) return -ENOBUFS;
  struct handle *larger = realloc(handles, (size_t)wanted * sizeof *handles);
  if (larger == NULL) return -ENOMEM;
  for (int32_t i = room; i < wanted; i++) larger[i] = (struct handle){0};
  handles = larger;
  room = wanted;
  return index;
}

int32_t pp_handle_add(enum pp_kind kind, int32_t inbox, void *object, pp_closer *close) {
  pthread_mutex_lock(&guard);
  int32_t index = free_slot();
  if (index >= 0) handles[index] = (struct handle){kind, inbox, object, close};
  pthread_mutex_unlock(&guard);
  if (index < 0) close(object, 0);
  return index;
}

static struct handle look_up(int32_t index) {
  struct handle found = {0};
  pthread_mutex_lock(&guard);
  if (index >= 0 && index < room) found = handles[index];
  pthread_mutex_unlock(&guard);
  return found;
}

void *pp_handle_get(int32_t index, enum pp_kind kind) {
  struct handle found = look_up(index);
  return found.kind == kind ? found.object : NULL;
}

int32_t pp_handle_inbox(int32_t index) { return look_up(index).inbox; }

static int32_t take_out(int32_t index, enum pp_kind kind, int owner_ended) {
  pthread_mutex_lock(&guard);
  struct handle found = {0};
  if (index >= 0 && index < room && handles[index].kind == kind) {
    found = handles[index];
    handles[index] = (struct handle){0};
    if (index < first_free) first_free = index;
  }
  pthread_mutex_unlock(&guard);
  if (found.object == NULL) return -EBADF;
  found.close(found.object, owner_ended);
  return 0;
}

int32_t pp_handle_close(int32_t index, enum pp_kind kind) { return take_out(index, kind, 0); }

static void close_of(int32_t inbox, bool keepers) {
  for (int32_t index = 0; index < room; index++) {
    struct handle found = look_up(index);
    if (found.object != NULL && found.inbox == inbox && (found.kind == PP_KEEPER) == keepers) take_out(index, found.kind, 1);
  }
}

void pp_handles_close_all(int32_t inbox) {
  /* The keeper lends the descriptors of the other objects. If they were closed first, it could give away others that have their numbers. */
  close_of(inbox, true);
  close_of(inbox, false);
}
