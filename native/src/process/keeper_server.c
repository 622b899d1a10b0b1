#include "process/keeper_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "polyproc.h"
#include "process/keeper_packet.h"
#include "process/kept.h"
#include "wait/reactor.h"

#define MOST_CLIENTS 64
#define EVENTS (EPOLLIN | EPOLLRDHUP)

/* The reactor's guard protects these. */
static int clients[MOST_CLIENTS]; /* connections whose request has not come yet; 0 for none */
static int spare = -1;            /* a descriptor of the null device, to be closed when a client connects and no other descriptor is left */

static void reserve_spare(void) {
  if (spare < 0) spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Undoes a request after its reply could not be sent: the client is gone, or did not wait. */
static void take_back(const struct pp_keeper_request *request, int *given, int *carried) {
  if (request->operation == PP_KEEP) *carried = pp_kept_take(request->token);
  else if (pp_kept_add(request->token, *given) == 0) *given = -1;
}

void pp_keeper_serve(int client) {
  struct pp_keeper_request request;
  int carried, given = -1;
  int32_t reply = -EPROTO;
  if (pp_packet_receive(client, &request, sizeof request, &carried) == 0 && request.magic == PP_KEEPER_MAGIC) {
    if (request.operation == PP_KEEP && carried >= 0) {
      reply = pp_kept_add(request.token, carried);
      if (reply == 0) carried = -1;
    } else if (request.operation == PP_CLAIM) {
      given = pp_kept_take(request.token);
      reply = given < 0 ? given : 0;
    }
  }
  FAILPOINT("keeper.replying");
  if (pp_packet_send(client, &reply, sizeof reply, given) < 0 && reply == 0) take_back(&request, &given, &carried);
  if (given >= 0) close(given);
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

static int watch_listener(int32_t inbox, int listener) {
  struct pp_watched watched = {.ready = client_came, .read = {inbox, 0, true}, .ends_with_inbox = true};
  pp_reactor_lock();
  reserve_spare();
  int status = pp_reactor_add(listener, EVENTS, &watched);
  pp_reactor_unlock();
  return status;
}

int32_t pp_keeper_listen(int32_t inbox, const char *path) {
  struct sockaddr_un address;
  int status = pp_packet_address(path, &address);
  if (status < 0) return status;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0600) < 0 || listen(fd, 128) < 0) status = -errno;
  if (status == 0) status = watch_listener(inbox, fd);
  if (status < 0) close(fd);
  return status;
}
