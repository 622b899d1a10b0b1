/* point_test TIMES POINT...: kills each kind of worker at each of these failpoints, TIMES times in each kind of queue. It fails if there is
 * a failpoint at which no worker was ever killed. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "polyproc.h"
#include "workers.h"

#define MIB (1ull << 20)
#define PATIENCE_S 0.5
#define WARM_UP 1500
#define MOST_TRIES 20

static const struct setting settings[] = {{MIB, 2, 0, false}, {MIB, 2, 1, true}, {MIB, 2, 0, true}};
static const char *const role_names[ROLES] = {"producer", "consumer", "visitor"};

/* A process is killed in the middle of a shutdown that drops all items. The next shutdown completes it. */
static long kill_in_shutdown(const char *point, long times) {
  long killed = 0;
  for (long i = 0; i < times; i++) {
    uint64_t maxsize = 0;
    int queue = pp_queue_make(-1, &maxsize, (int)(i % 2));
    CHECK(queue >= 0 && pp_queue_put(queue, (const uint8_t *)"item", 4, 0) == 0);
    pid_t pid = fork();
    if (pid == 0) {
      int own = pp_queue_open(-1, dup(pp_queue_fd(queue)));
      pp_fail_at = point;
      pp_fail_after = (int)(i / 2);
      pp_queue_shutdown(own, 1);
      _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && (WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
    killed += WIFSIGNALED(status);
    while ((status = pp_queue_shutdown(queue, 1)) == -EBUSY) continue;
    uint8_t bytes[8];
    CHECK(status == 0 && pp_queue_get(queue, bytes, sizeof bytes, 0) == -ESHUTDOWN);
    CHECK(pp_queue_put(queue, bytes, 4, 0) == -ESHUTDOWN && pp_queue_join(queue, 1) == 0);
    CHECK(pp_queue_close(queue) == 0);
  }
  return killed;
}

static long try_role(enum role role, const char *point, long times, unsigned seed) {
  struct killing killing = {role, point};
  if (pp_find_reached(workers_reached(role), point)->times == 0) return 0;
  long kills = 0;
  for (unsigned i = 0; i < sizeof settings / sizeof *settings; i++) kills += workers_run(&settings[i], &killing, times, PATIENCE_S, seed + i);
  return kills;
}

int main(int argc, char **argv) {
  long times = argc > 1 ? atol(argv[1]) : 10, total = 0;
  int missed = 0;
  setvbuf(stdout, NULL, _IONBF, 0);
  workers_prepare();
  for (unsigned i = 0; i < sizeof settings / sizeof *settings; i++) workers_run(&settings[i], NULL, WARM_UP, 1e9, i);
  for (int i = 2; i < argc; i++) {
    long shut = kill_in_shutdown(argv[i], times), kills[ROLES], killed = shut;
    /* A failpoint that is passed rarely may need several tries, above all on a busy machine. */
    for (unsigned tries = 0; tries == 0 || (killed == 0 && tries < MOST_TRIES); tries++)
      for (unsigned role = 0; role < ROLES; role++) {
        kills[role] = try_role((enum role)role, argv[i], times, (unsigned)i * 7919u + role + tries * 104729u);
        killed += kills[role];
      }
    printf("  %-24s  shutdown %3ld", argv[i], shut);
    for (int role = 0; role < ROLES; role++) printf("  %s %3ld", role_names[role], kills[role]);
    printf("%s\n", killed == 0 ? "  NEVER REACHED" : "");
    missed += killed == 0;
    total += killed;
  }
  printf("%ld kills at %d named points, %d of them never reached\n", total, argc - 2, missed);
  return missed == 0 ? 0 : 1;
}
