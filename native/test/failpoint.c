/* Kills or stops this process at a chosen failpoint, or at a random one. */
#include "base/failpoint.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

const char *pp_fail_at;
int pp_fail_after;
int pp_fail_random;
int pp_fail_signal = SIGKILL;
struct pp_reached *pp_reached;

struct pp_reached *pp_find_reached(struct pp_reached *points, const char *name) {
  for (int i = 0; i < PP_MOST_POINTS; i++) {
    if (points[i].name[0] == '\0') strncpy(points[i].name, name, sizeof points[i].name - 1);
    if (strcmp(points[i].name, name) == 0) return &points[i];
  }
  abort();
}

void pp_failpoint(const char *name) {
  struct pp_reached *reached = pp_reached == NULL ? NULL : pp_find_reached(pp_reached, name);
  if (reached != NULL) reached->times++;
  bool hit = pp_fail_at != NULL && strcmp(pp_fail_at, name) == 0 && pp_fail_after-- == 0;
  if (!hit && (pp_fail_random == 0 || rand() % pp_fail_random != 0)) return;
  if (reached != NULL) reached->kills++;
  raise(pp_fail_signal);
}
