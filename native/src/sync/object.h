/* The common part of locks, semaphores, events, conditions and barriers.
 *
 * Each is a small sealed segment with a guard, a few words of state, a notice for its waiters and a table of participants. The guard is a
 * robust lock. Under the guard every change is one store. A process that is killed while it holds the guard has therefore made its change
 * or has not, and the next owner of the guard has nothing to repair. */
#ifndef PP_SYNC_OBJECT_H
#define PP_SYNC_OBJECT_H

#include "base/handles.h"
#include "wait/notice.h"
#include "wait/robust_lock.h"
#include "wait/spin.h"

#define PP_SYNC_SETTINGS 2
#define PP_SYNC_STATE 2
#define PP_WAITERS 1024 /* of a condition, at one time */

struct pp_sync_header {
  uint64_t magic;
  uint32_t version, kind;
  int32_t settings[PP_SYNC_SETTINGS];
  pp_word ready;
  _Alignas(64) pp_word lock;  /* of the kind PP_LOCK: the lock that users see */
  _Alignas(64) pp_word guard; /* of the other kinds: guards all that follows */
  pp_word highest;            /* no participant ever had a higher index */
  _Atomic uint64_t state[PP_SYNC_STATE];
  _Alignas(64) struct pp_notice notice;
  _Alignas(64) struct pp_participant participants[PP_PARTICIPANTS];
  _Atomic uint64_t waiters[PP_WAITERS];
  char folder[PP_FOLDER]; /* of the tree that made the object */
};

/* Why a participant is gone. */
enum pp_farewell { PP_LEFT, PP_DIED };

struct pp_sync;

/* The operations that each kind of object defines for itself. */
struct pp_sync_kind {
  /* Its waiters wait for the word `lock` itself. The kernel tells whether the owner of that word lives, so this kind needs no clean-up. */
  bool is_lock_word;
  /* Guard held. Undoes what a participant that is gone had done. Returns 1 if those who wait should look again. NULL: nothing to undo. */
  int (*forget)(struct pp_sync *sync, uint32_t index, enum pp_farewell farewell);
  /* For those who look from outside, who take no guard and may read anything: writes what inspect/object.h says of this kind. */
  void (*inspect)(const struct pp_sync *sync, int64_t *numbers);
  /* What a participant has of the object, or how many times it waits there. NULL: nothing. */
  int64_t (*has)(const struct pp_sync *sync, uint32_t index);
};

struct pp_sync {
  struct pp_segment segment;
  struct pp_sync_header *header;
  const struct pp_sync_kind *kind;
  struct pp_lock_scope scope;
  uint32_t seen; /* the word that its waiters wait for, at the last look */
  struct pp_spinner spinner;
  int depth;     /* how many times this participant holds the lock */
  bool slept;    /* this participant waited for the lock, and others may still wait */
  bool busy;     /* the last look failed because somebody held the guard */
};

/* Takes the guard and waits at most 2 ms for it, because callers may be event loops: they come again. -EBUSY, -EBADMSG. */
int pp_sync_lock_guard(struct pp_sync *sync);
/* The same for the look of a waiter. A failure is noted in `busy`. */
int pp_sync_try_lock_guard(struct pp_sync *sync);
void pp_sync_unlock_guard(struct pp_sync *sync);
/* Notes the notice before a look at the state. If it has changed when the look has failed, the caller looks again without waiting. */
void pp_sync_note(struct pp_sync *sync);
/* Wakes up to `count` waiters. */
void pp_sync_tell(struct pp_sync *sync, int count);

/* Notes the header of the object in `sync->segment`, and its kind. -EBADMSG: it is no valid object. -EPROTO: it has another layout. */
int pp_sync_check(struct pp_sync *sync);
/* Becomes a participant, and first cleans up after a dead one that had the same index. */
int pp_sync_enter(struct pp_sync *sync, int32_t inbox);
/* Leaves the object in order. */
void pp_sync_leave(struct pp_sync *sync);
/* Cleans up after participants that died: 1 if the caller should look again. */
int pp_sync_clean(struct pp_sync *sync);

/* Returns the object behind a handle, or NULL if it is not of this kind. */
static inline struct pp_sync *pp_sync_find(int32_t index, enum pp_kind kind) { return pp_handle_get(index, kind); }
/* Returns the object behind a handle, or NULL if it is of none of these kinds. */
struct pp_sync *pp_sync_find_any(int32_t index);

#endif
