#include "wait/watches.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define FIRST_ROOM 16

/* The room is a power of two. The ids of an inbox are one behind the other. */
static int *list_of(const struct pp_watches *watches, const struct pp_watch *watch) {
  return &watches->first[((uint32_t)watch->id + (uint32_t)watch->inbox * 7919) & (uint32_t)(watches->room - 1)];
}

static void link_in(struct pp_watches *watches, int at) {
  int *list = list_of(watches, &watches->at[at]);
  watches->next[at] = *list;
  *list = at;
}

static void link_out(struct pp_watches *watches, int at) {
  int *link = list_of(watches, &watches->at[at]);
  while (*link != at) link = &watches->next[*link];
  *link = watches->next[at];
}

int pp_watches_find(const struct pp_watches *watches, const struct pp_watch *watch) {
  int at = watches->room == 0 ? -1 : *list_of(watches, watch);
  while (at >= 0 && (watches->at[at].inbox != watch->inbox || watches->at[at].id != watch->id)) at = watches->next[at];
  return at;
}

static int make_room(struct pp_watches *watches) {
  if (watches->count < watches->room) return 0;
  int room = watches->room == 0 ? FIRST_ROOM : watches->room * 2;
  struct pp_watch *at = realloc(watches->at, (size_t)room * sizeof *at);
  if (at != NULL) watches->at = at;
  int *first = realloc(watches->first, (size_t)room * sizeof *first);
  if (first != NULL) watches->first = first;
  int *next = realloc(watches->next, (size_t)room * sizeof *next);
  if (next != NULL) watches->next = next;
  if (at == NULL || first == NULL || next == NULL) return -ENOMEM;
  watches->room = room;
  for (int i = 0; i < room; i++) first[i] = -1;
  for (int i = 0; i < watches->count; i++) link_in(watches, i);
  return 0;
}

int pp_watches_put(struct pp_watches *watches, const struct pp_watch *watch) {
  int at = pp_watches_find(watches, watch);
  if (at >= 0) {
    watches->at[at] = *watch;
    return 0;
  }
  int status = make_room(watches);
  if (status < 0) return status;
  watches->at[watches->count] = *watch;
  link_in(watches, watches->count++);
  return 0;
}

void pp_watches_remove(struct pp_watches *watches, int at) {
  int last = --watches->count;
  link_out(watches, at);
  if (at == last) return;
  link_out(watches, last);
  watches->at[at] = watches->at[last];
  link_in(watches, at);
}
