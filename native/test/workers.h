/* Real processes on one queue that are killed and replaced, and an oracle in shared memory which knows what was put and what came. */
#ifndef PP_WORKERS_H
#define PP_WORKERS_H

#include <stdint.h>

#include "harness.h"

enum role { PRODUCER, CONSUMER, VISITOR, ROLES }; /* a visitor comes, counts, waits for joins and goes */

struct setting {
  uint64_t ring_size, maxsize;
  int redeliver;
};

/* How the workers of a role are killed: at a point, or at a random step if it is NULL. */
struct killing {
  enum role role;
  const char *point;
};

void workers_prepare(void);
/* What the workers of a role passed, over all runs. */
struct pp_reached *workers_reached(enum role role);
/* Kills `kills` workers, or those of `killing` so often (at most for so many `seconds`); checks that nothing came twice, changed, out of
 * order or not at all but what was in the hands of a killed consumer, and that something moved in every two seconds. How many it killed. */
long workers_run(const struct setting *setting, const struct killing *killing, long kills, double seconds, unsigned seed);

#endif
