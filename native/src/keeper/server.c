#include "keeper/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/handles.h"
#include "polyproc.h"
#include "keeper/packet.h"
#include "keeper/kept.h"
#include "wait/reactor.h"

#define MOST_CLIENTS 64
#define EVENTS (EPOLLIN | EPOLLRDHUP)

/* The reactor's guard protects these. */
static int clients[MOST_CLIENTS]; /* connections whose request has not come yet; 0 for none */
static int spare = -1;            /* a descriptor of the null device, to be closed when a client connects and no other descriptor is left */

static void reserve_spare(void) {
  if (spare < 0) spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int reply(int client, int32_t status, int given) {
  FAILPOINT("keeper.replying");
  return pp_packet_send(client, &status, sizeof status, given);
}

/* If the client is gone, the descriptor stays for the next one that asks. */
static int hand_over(int fd, void *client) { return reply(*(int *)client, 0, fd); }

void pp_keeper_serve(int client) {
  struct pp_keeper_request request;
  int carried, status = -EPROTO;
  if (pp_packet_receive(client, &request, sizeof request, &carried) == 0 && request.magic == PP_KEEPER_MAGIC && carried < 0)
    status = pp_kept_give(request.token, hand_over, &client);
  if (status < 0) reply(client, status, -1);
  if (carried >= 0) close(carried);
  close(client);
}

static void forget_client(int client) {
  for (int i = 0; i < MOST_CLIENTS; i++)
    if (clients[i] == client) clients[i] = 0;
  pp_reactor_remove(client);
}

static void request_came(struct pp_watched *watched, int client, uint32_t events) {
  (void)watched;
  (void)events;
  forget_client(client);
  pp_keeper_serve(client);
  reserve_spare();
}

static int accept_one(int listener) {
  int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  return client < 0 ? -errno : client;
}

/* Accepts a connection of the same user. If the process or the system has no free descriptor left, the spare one makes room. */
static int accept_client(int listener) {
  int client = accept_one(listener);
  if (spare >= 0 && (client == -EMFILE || client == -ENFILE)) {
    close(spare);
    spare = -1;
    client = accept_one(listener);
  }
  if (client < 0 || pp_packet_same_user(client)) return client;
  close(client);
  return -EPERM;
}

/* A client that connects and sends nothing is dropped after MOST_CLIENTS later ones have come. */
static void client_came(struct pp_watched *watched, int listener, uint32_t events) {
  (void)watched;
  (void)events;
  int client = accept_client(listener);
  /* The process (EMFILE) or the system (ENFILE) has no free descriptor left. The connection still waits, so the event would come again at
   * once. */
  if (client == -EMFILE || client == -ENFILE) pp_reactor_rest();
  if (client < 0) return;
  static int next;
  next = (next + 1) % MOST_CLIENTS;
  int oldest = clients[next];
  if (oldest > 0) {
    forget_client(oldest);
    close(oldest);
  }
  if (pp_reactor_add(client, EVENTS, &(struct pp_watched){.ready = request_came}) < 0) close(client);
  else clients[next] = client;
}

/* The keeper of one JavaScript thread. */
struct keeper {
  int32_t inbox;
  int listener;
};

static void close_keeper(void *object, int owner_ended) {
  (void)owner_ended;
  struct keeper *keeper = object;
  pp_kept_forget_inbox(keeper->inbox);
  pp_close(keeper->listener);
  free(keeper);
}

/* Takes over the listener, also if it fails. */
static int watch_listener(int32_t inbox, int listener) {
  int status = pp_kept_start();
  struct keeper *keeper = malloc(sizeof *keeper);
  if (status < 0 || keeper == NULL) {
    close(listener);
    free(keeper);
    return status < 0 ? status : -ENOMEM;
  }
  *keeper = (struct keeper){inbox, listener};
  pp_reactor_lock();
  reserve_spare();
  status = pp_reactor_add(listener, EVENTS, &(struct pp_watched){.ready = client_came, .read.inbox = -1, .write.inbox = -1});
  pp_reactor_unlock();
  if (status == 0) return pp_handle_add(PP_KEEPER, inbox, keeper, close_keeper) < 0 ? -EMFILE : 0;
  close(listener);
  free(keeper);
  return status;
}

int32_t pp_keeper_listen(int32_t inbox, const char *path) {
  struct sockaddr_un address;
  int status = pp_packet_address(path, &address);
  if (status < 0) return status;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0600) < 0 || listen(fd, 128) < 0) status = -errno;
  if (status == 0) return watch_listener(inbox, fd);
  close(fd);
  return status;
}
