/* Kills this process at a chosen place, or at a random one. */
#include "failpoint.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

const char *pp_fail_at;
int pp_fail_after;
int pp_fail_random;
struct pp_reached *pp_reached;

static void note(const char *name) {
  if (pp_reached == NULL) return;
  for (int i = 0; i < PP_MOST_POINTS; i++) {
    if (pp_reached[i].name[0] == '\0') strncpy(pp_reached[i].name, name, sizeof pp_reached[i].name - 1);
    if (strcmp(pp_reached[i].name, name) != 0) continue;
    pp_reached[i].times++;
    return;
  }
}

void pp_failpoint(const char *name) {
  note(name);
  int hit = pp_fail_at != NULL ? strcmp(pp_fail_at, name) == 0 && pp_fail_after-- == 0 : pp_fail_random > 0 && rand() % pp_fail_random == 0;
  if (hit) kill(getpid(), SIGKILL);
}
