/* The kinds of synchronization objects. Each is defined in the file of its name. sync/sync.c has the table by number. */
#ifndef PP_SYNC_KINDS_H
#define PP_SYNC_KINDS_H

#include "sync/object.h"

extern const struct pp_sync_kind pp_lock_kind, pp_semaphore_kind, pp_event_kind, pp_condition_kind, pp_barrier_kind;

#endif
