/* Worker processes on one queue, which are killed and replaced, and an oracle in shared memory that knows which items were put and which
 * were received. */
#ifndef PP_WORKERS_H
#define PP_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness.h"

enum role { PRODUCER, CONSUMER, VISITOR, ROLES }; /* a visitor opens the queue, asks for its statistics, joins and closes it again */

struct setting {
  uint64_t ring_size, maxsize;
  int redeliver;
  bool tasks; /* consumers take tasks and give some back, besides plain gets */
};

/* Which workers are killed, and at which failpoint: at a random one if it is NULL. */
struct killing {
  enum role role;
  const char *point;
};

void workers_prepare(void);
/* The failpoints that workers of a role have passed, over all runs. */
struct pp_reached *workers_reached(enum role role);
/* Kills `kills` workers (those of `killing`, if it is not NULL) or stops after so many `seconds`. Checks that no item came twice, changed
 * or out of order, that none is missing except those that a killed consumer had, and that something moved every two seconds. Returns how
 * many workers it killed. */
long workers_run(const struct setting *setting, const struct killing *killing, long kills, double seconds, unsigned seed);

#endif
