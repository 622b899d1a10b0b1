/* What locks, semaphores, events, conditions and barriers have in common: a small sealed segment with a guard, a few words of state, a
 * notice for those who wait, and who takes part. Under the guard every change is one store, so that who is killed in between has
 * changed nothing, and its successor as the guard's owner has nothing to repair. */
#ifndef PP_SYNC_H
#define PP_SYNC_H

#include "handles.h"
#include "lock.h"
#include "notice.h"

#define PP_SYNC_SETTINGS 2
#define PP_SYNC_STATE 2
#define PP_WAITERS 1024 /* of a condition, at one time */

struct pp_sync_header {
  uint64_t magic;
  uint32_t version, kind;
  int32_t settings[PP_SYNC_SETTINGS];
  pp_word ready;
  _Alignas(64) pp_word lock;  /* the lock itself, where it is one */
  _Alignas(64) pp_word guard; /* of the rest */
  pp_word highest;            /* no participant ever had an index above it */
  _Atomic uint64_t state[PP_SYNC_STATE];
  _Alignas(64) struct pp_notice notice;
  _Alignas(64) struct pp_participant participants[PP_PARTICIPANTS];
  _Atomic uint64_t waiters[PP_WAITERS];
};

struct pp_sync {
  struct pp_segment segment;
  struct pp_sync_header *header;
  enum pp_kind kind; /* as it was asked for: the header's may change at any time */
  struct pp_lock_scope scope;
  uint32_t seen; /* the word that is waited for, at the last look */
  struct pp_spinner spinner;
  int depth;     /* of a lock that this participant holds */
  bool slept;    /* it waited for the lock, and others may too */
  bool busy;     /* the last look found the guard taken */
};

/* Why a participant is cleaned up after. */
enum pp_farewell { PP_LEFT, PP_DIED };

/* Takes the guard, 100 ms at most: 0, or -EBUSY, -EBADMSG. */
int pp_sync_enter(struct pp_sync *sync);
/* As pp_sync_enter, from a call that an event loop must not stand still for; a failure is remembered as `busy`. */
int pp_sync_try_enter(struct pp_sync *sync);
void pp_sync_leave(struct pp_sync *sync);
/* Notes the notice as it is: a later change means that another look is worth it. */
void pp_sync_note(struct pp_sync *sync);
void pp_sync_tell(struct pp_sync *sync, int count);
/* Cleans up after participants that died; 1 if another look is worth it. */
int pp_sync_clean(struct pp_sync *sync);
/* The object behind a number, or NULL. */
struct pp_sync *pp_sync_find(int32_t index, enum pp_kind kind);

/* What each kind does for a participant that is gone; the guard is held. 1 if those who wait should look. */
int pp_semaphore_forget(struct pp_sync *sync, uint32_t index);
int pp_condition_forget(struct pp_sync *sync, uint32_t index);
int pp_barrier_forget(struct pp_sync *sync, uint32_t index, enum pp_farewell farewell);

#endif
