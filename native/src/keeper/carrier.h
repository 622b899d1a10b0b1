/* A look at a queue from outside, by a process whose keeper has descriptors for items in it: whether an item may still reach somebody.
 * This process need not have the queue open. The keeper's guard protects all calls. */
#ifndef PP_KEEPER_CARRIER_H
#define PP_KEEPER_CARRIER_H

#include <stdbool.h>
#include <stdint.h>

struct pp_carrier;

/* Returns the carrier for an open queue, and the position of the item that this process put last. NULL: there is no memory for it. */
struct pp_carrier *pp_carrier_open(int32_t queue, uint64_t *position);
/* Ends one use of the carrier. */
void pp_carrier_drop(struct pp_carrier *carrier);
/* Whether the taker of this item may give it back, or does so by its death. */
bool pp_carrier_may_give_back(const struct pp_carrier *carrier, uint64_t position);
/* Looks at every carrier's queue, for the calls of pp_carrier_has that follow. */
void pp_carriers_look(void);
/* Whether the item at this position is in the queue, or in the hands of a living process that has not said yet that it has its objects. */
bool pp_carrier_has(const struct pp_carrier *carrier, uint64_t position);

#endif
