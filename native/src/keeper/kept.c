#include "keeper/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "polyproc.h"
#include "keeper/packet.h"
#include "keeper/carrier.h"
#include "wait/reactor.h"

#define BUCKETS 256
#define SWEEP_MS 100

struct kept {
  struct kept *next;
  uint8_t token[PP_TOKEN];
  int32_t inbox; /* the JavaScript thread that sent the message */
  int fd;
  bool lent;                  /* the descriptor belongs to an open object of the thread, not to a message */
  bool sent;                  /* the sender has said where the message went */
  bool claimed;               /* somebody has a copy */
  struct pp_carrier *carrier; /* the queue that has the message, or NULL */
  uint64_t position;          /* of the item in it */
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct kept *buckets[BUCKETS];
static int in_queues;   /* how many are in items of queues */
static int timer = -1;  /* rings while items of queues have descriptors here */

static struct kept **find(const uint8_t *token) {
  struct kept **link = &buckets[token[0] % BUCKETS];
  while (*link != NULL && memcmp((*link)->token, token, PP_TOKEN) != 0) link = &(*link)->next;
  return link;
}

static void set_timer(void) {
  struct timespec period = {.tv_nsec = in_queues > 0 ? SWEEP_MS * 1000000l : 0};
  if (timer >= 0) timerfd_settime(timer, 0, &(struct itimerspec){.it_interval = period, .it_value = period}, NULL);
}

static void remove_entry(struct kept **link) {
  struct kept *kept = *link;
  if (!kept->lent) close(kept->fd);
  *link = kept->next;
  if (kept->carrier != NULL) {
    pp_carrier_drop(kept->carrier);
    if (--in_queues == 0) set_timer();
  }
  free(kept);
}

/* An item that may come back can be claimed until it is done. */
static bool may_be_claimed_again(const struct kept *kept) {
  return !kept->sent || (kept->carrier != NULL && pp_carrier_may_give_back(kept->carrier, kept->position));
}

static int add(struct kept entry, const uint8_t *token) {
  struct kept *kept = malloc(sizeof *kept);
  if (kept == NULL) return -ENOMEM;
  *kept = entry;
  memcpy(kept->token, token, PP_TOKEN);
  pthread_mutex_lock(&guard);
  kept->next = buckets[token[0] % BUCKETS];
  buckets[token[0] % BUCKETS] = kept;
  pthread_mutex_unlock(&guard);
  return 0;
}

int32_t pp_keep(int32_t inbox, const uint8_t *token, int32_t fd) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return -errno;
  int status = add((struct kept){.inbox = inbox, .fd = copy}, token);
  if (status < 0) close(copy);
  return status;
}

int32_t pp_lend(int32_t inbox, const uint8_t *token, int32_t fd) { return add((struct kept){.inbox = inbox, .fd = fd, .lent = true}, token); }

int pp_kept_give(const uint8_t *token, pp_handing_over *hand_over, void *argument) {
  pthread_mutex_lock(&guard);
  struct kept **link = find(token);
  int status = *link == NULL ? -ENOENT : hand_over((*link)->fd, argument);
  if (status >= 0) {
    (*link)->claimed = true;
    if (!may_be_claimed_again(*link)) remove_entry(link);
  }
  pthread_mutex_unlock(&guard);
  return status;
}

static int copy(int fd, void *unused) {
  (void)unused;
  int made = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return made < 0 ? -errno : made;
}

int32_t pp_claim(const uint8_t *token) { return pp_kept_give(token, copy, NULL); }

int32_t pp_revoke(const uint8_t *token) {
  pthread_mutex_lock(&guard);
  struct kept **link = find(token);
  int status = *link == NULL ? -ENOENT : 0;
  if (status == 0) remove_entry(link);
  pthread_mutex_unlock(&guard);
  return status;
}

static void rang(struct pp_watched *watched, int fd, uint32_t events) {
  (void)watched;
  (void)events;
  uint64_t count;
  if (read(fd, &count, sizeof count) == sizeof count) pp_keeper_sweep();
}

int pp_kept_start(void) {
  static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
  int status = 0;
  pthread_mutex_lock(&starting);
  if (timer < 0) {
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    status = fd < 0 ? -errno : pp_reactor_watch(fd, EPOLLIN, &(struct pp_watched){.ready = rang, .read.inbox = -1, .write.inbox = -1});
    if (status == 0) timer = fd;
    else if (fd >= 0) close(fd);
  }
  pthread_mutex_unlock(&starting);
  return status;
}

int32_t pp_keep_sent(const uint8_t *token, int32_t queue) {
  uint64_t position = 0;
  struct pp_carrier *carrier = queue < 0 ? NULL : pp_carrier_open(queue, &position);
  pthread_mutex_lock(&guard);
  struct kept **link = find(token);
  if (*link != NULL && !(*link)->sent) {
    struct kept *kept = *link;
    kept->sent = true;
    kept->carrier = carrier;
    kept->position = position;
    if (carrier != NULL && in_queues++ == 0) set_timer();
    carrier = NULL;
    if (kept->claimed && !may_be_claimed_again(kept)) remove_entry(link);
  }
  pthread_mutex_unlock(&guard);
  if (carrier != NULL) pp_carrier_drop(carrier);
  return 0;
}

/* Closes the entries for which this is true. */
static void close_all(bool (*matches)(const struct kept *kept, int32_t inbox), int32_t inbox) {
  for (int i = 0; i < BUCKETS; i++)
    for (struct kept **link = &buckets[i]; *link != NULL;) {
      if (matches(*link, inbox)) remove_entry(link);
      else link = &(*link)->next;
    }
}

static bool is_gone(const struct kept *kept, int32_t unused) {
  (void)unused;
  return kept->carrier != NULL && !pp_carrier_has(kept->carrier, kept->position);
}

static bool is_of(const struct kept *kept, int32_t inbox) { return kept->inbox == inbox; }

int32_t pp_keeper_sweep(void) {
  pthread_mutex_lock(&guard);
  if (in_queues > 0) {
    pp_carriers_look();
    close_all(is_gone, 0);
  }
  pthread_mutex_unlock(&guard);
  return 0;
}

void pp_kept_forget_inbox(int32_t inbox) {
  pthread_mutex_lock(&guard);
  close_all(is_of, inbox);
  pthread_mutex_unlock(&guard);
}
