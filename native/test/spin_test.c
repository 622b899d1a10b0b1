/* spin_test: a process waits on the same core on which another one computes. A yield could cost it a whole time slice each time, and the
 * spin must avoid that. */
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness.h"
#include "wait/spin.h"

#define WAITS 400
#define MOST_US 600000

int main(void) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
  pid_t hog = fork();
  if (hog == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile unsigned i = 0;; i++) continue;
  }
  usleep(20000);
  pp_word word = 0;
  struct pp_spinner spinner = {0};
  int64_t begun = pp_now();
  for (int i = 0; i < WAITS; i++) CHECK(!pp_spin(&spinner, &word, 0));
  int64_t took = pp_now() - begun;
  kill(hog, SIGKILL);
  CHECK(waitpid(hog, NULL, 0) == hog);
  printf("%d waits beside a process that computes on the same core: %lld ms\n", WAITS, (long long)took / 1000);
  CHECK(took < MOST_US);
  return 0;
}
