/* The reactor is one helper thread that waits for many descriptors at once (epoll) and calls a C function when one is ready. It knows
 * nothing of what the descriptors are for: the ends of children and of the parent, the keeper and JavaScript's own watches are built on it.
 *
 * An event loop that can watch an epoll descriptor has a poller of its own in place of the thread, which would have to wake first.
 *
 * The table of watched descriptors has one guard. A callback runs with the guard held, so a descriptor that is closed under the guard is
 * not being handled at that moment. The functions marked "guard held" are for callbacks and for callers between _lock and _unlock. */
#ifndef PP_REACTOR_H
#define PP_REACTOR_H

#include <stdbool.h>
#include <stdint.h>

/* The receiver of an event. */
struct pp_target {
  int32_t inbox, id;
  bool wanted; /* false: nobody waits for this event */
};

struct pp_watched;
typedef void pp_reactor_callback(struct pp_watched *watched, int fd, uint32_t events);

/* The entry of one watched descriptor. */
struct pp_watched {
  pp_reactor_callback *ready; /* NULL: the descriptor is not watched */
  int poller;                 /* the epoll descriptor of an event loop; 0: that of the helper thread */
  struct pp_target read, write;
};

/* Watches a descriptor for these epoll events. Replaces what was watched under its number. */
int pp_reactor_watch(int fd, uint32_t events, const struct pp_watched *watched);
/* Sends no more events to an inbox. The watches of the helper thread go on, so that a child is still reaped; those of `poller` end. */
void pp_reactor_forget_inbox(int32_t inbox, int poller);
/* Calls the functions of what is ready in the poller of an event loop. */
void pp_reactor_poll(int poller);

void pp_reactor_lock(void);
void pp_reactor_unlock(void);
/* Guard held: like pp_reactor_watch. */
int pp_reactor_add(int fd, uint32_t events, const struct pp_watched *watched);
/* Guard held: returns the entry of a descriptor that is watched, or NULL. It stays valid until the next pp_reactor_add. */
struct pp_watched *pp_reactor_find(int fd);
/* Guard held: changes the epoll events of a descriptor that is watched. -ENOENT: the descriptor was closed elsewhere, and its number
 * belongs to another file now. */
int pp_reactor_change(int fd, uint32_t events);
/* Guard held: ends the watch of a descriptor. */
void pp_reactor_remove(int fd);
/* Guard held, from a callback: lets the thread rest for a moment, because handling the event failed for now and it would come again at
 * once. */
void pp_reactor_rest(void);

#endif
