#include "process/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "polyproc.h"
#include "wait/inbox.h"
#include "wait/reactor.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

static void child_ended(struct pp_watched *watched, int pidfd, uint32_t events) {
  (void)events;
  struct pp_target target = watched->read;
  siginfo_t info = {0};
  int status = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
  /* The child still runs. The event came from another descriptor that had this number before. */
  if (status < 0 ? errno == EINTR : info.si_pid == 0) return;
  pp_reactor_remove(pidfd);
  /* ECHILD: somebody else in this process has reaped the child, or made the system forget how children end. */
  int how = status < 0 ? PP_UNKNOWN_END : info.si_code == CLD_EXITED ? info.si_status : 256 + info.si_status;
  pp_inbox_post(target.inbox, target.id, how);
  /* The JavaScript thread that would close it has ended. */
  if (target.inbox < 0) close(pidfd);
}

int pp_child_watch(int32_t inbox, int32_t id, int pidfd) {
  struct pp_watched watched = {.ready = child_ended, .read = {inbox, id, true}};
  return pp_reactor_watch(pidfd, EPOLLIN | EPOLLRDHUP, &watched);
}

int32_t pp_signal(int32_t pidfd, int32_t number) {
  return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) < 0 ? -errno : 0;
}
