/* The queue of native/src/queue/: 2 producers, 2 consumers, a ring of 2 records, 2 items from each producer. Any process may be killed
 * before any of its steps. With CRASHES 2, a second one may be killed in the same run while it holds a lock that it took from a dead
 * process, or while it cleans up. The numbers of the steps (P1, G1, ...) are those in the C files.
 *
 *   node scripts/model.mjs      explores every interleaving, of both kinds of queue: REDELIVER 0 and 1
 *
 * With TASKS 1, a consumer may also take an item as a task (in a queue that does not redeliver, the ring keeps it then), and one item is given
 * back instead of being marked.
 *
 * Publishing a snapshot is one step here, because it is one store in C; snapshot.pml is the model of that. A wait in C looks again after
 * 100 ms at the latest, so a lost wake-up costs time only, and a wait is a guard here. A process cannot be killed in a wait, because that
 * would hide a state in which all are stuck; it can be killed just before. Variables that no longer matter are reset, so that states which
 * differ in nothing else are the same state. */
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef REDELIVER
#define REDELIVER 0
#endif
#ifndef TASKS
#define TASKS 0
#endif
#define PRODUCERS 2
#define CONSUMERS 2
#ifndef EACH
#define EACH 2
#endif
#define RING 2
#define CLOSER 4 /* runs after all others have ended, and counts */
#define WORKERS 5
#define NOBODY 255
#define SKIP 254
#define HAND 16
#define WAITING 253
#define FINISHED 252
#define RETURNED 251
#define COUNTED 250
#define ARRIVING 100 /* is added to the owner */
#define GARBAGE 7   /* stands in a free record, and is no item */

byte put_lock = NOBODY, get_lock = NOBODY;
byte slot[RING];                /* a record's item */
byte state[RING];               /* and its owner, if the ring keeps it */
byte tail, puts;                /* the put snapshot */
byte head, free, released, outs, back, done, abandoned, lost; /* the get snapshot */
byte log_where = NOBODY, log_value, log_record = NOBODY;
bool log_state; /* the log changes a state */
bool logged = true;             /* header->logged == header->get.select */
byte taken[WORKERS];
bool used[WORKERS];

/* The kernel knows which processes are dead. */
bool dead[WORKERS];
byte backs = TASKS; /* how many items may still be given back */
byte crashes, producers_over, consumers_over;

/* For the assertions only. Bit n is item n: it was put; it was taken, says the memory; it reached a caller; it was given back. */
byte committed, took, came, redelivered;

/* Without the `skip`, an `else` in the action would belong to this choice. */
#define STEP(action) \
  if \
  :: atomic { crashes < CRASHES && (crashes == 0 || recovers) -> crashes++; dead[me] = true; goto ended } \
  :: atomic { skip; action } \
  fi

#define full (tail + 1 - released > RING)
#define unused (puts == (REDELIVER -> done : outs) && (REDELIVER || free == head))
#define BACK_AGAIN (REDELIVER -> WAITING : RETURNED)
#define is_finished(at) (state[(at) % RING] == FINISHED || (!REDELIVER && (state[(at) % RING] == WAITING || state[(at) % RING] == COUNTED)))
#define gone(who) (dead[who] && used[who])
#define SOME_GONE \
  atomic { \
    gone(0) || gone(1) || gone(2) || gone(3) -> \
    if :: gone(0) -> who = 0 :: gone(1) -> who = 1 :: gone(2) -> who = 2 :: gone(3) -> who = 3 fi \
  }

/* Carries out the log of the last commit: pp_queue_finish_log. */
#define APPLY \
  if \
  :: log_where == NOBODY -> skip \
  :: log_where != NOBODY && log_state -> STEP(state[log_where % RING] = log_value) \
  :: else -> \
    STEP(taken[log_where] = log_value); \
    if \
    :: log_record != NOBODY -> STEP(state[log_record % RING] = COUNTED) \
    :: else -> skip \
    fi \
  fi; \
  STEP(logged = true; log_where = NOBODY; log_value = 0; log_record = NOBODY; log_state = false)

#define COMMIT(fields, where, value) STEP(fields; log_where = where; log_value = value; logged = false); APPLY
#define COMMIT_STATE(fields, where, value) COMMIT(fields; log_state = true, where, value)

/* pp_ring_free: `before` becomes the new FREE. The record at `marked` counts as finished. */
#define WALK(marked) \
  before = free; \
  do :: before < head && (before == marked || slot[before % RING] == SKIP || is_finished(before)) -> before++ :: else -> break od

/* A lock can be taken if it is free or its owner is dead. A process that takes the get lock from a dead one carries out its log (R1). */
#define TAKE_PUT atomic { (put_lock == NOBODY || dead[put_lock]) -> recovers = (put_lock != NOBODY); put_lock = me }
#define TAKE_GET \
  atomic { (get_lock == NOBODY || dead[get_lock]) -> recovers = recovers || get_lock != NOBODY; get_lock = me }; \
  if \
  :: !logged -> assert(recovers); APPLY /* R1 */ \
  :: else -> skip \
  fi
#define LEAVE(lock) STEP(lock = NOBODY; recovers = false)

/* Only items that were put are taken, none is taken twice, and those of one producer are taken in their order. */
#define TOOK \
  outs++; \
  assert(committed & (1 << item) && (took & (1 << item)) == 0); \
  assert(item % EACH == 0 || (took | redelivered) & (1 << (item - 1))); \
  took = took | (1 << item)
#define GIVEN_BACK(bit) took = took & (255 - (bit)); redelivered = redelivered | (bit)

/* lock_and_clean_up, for a participant that was found to be gone. */
inline sweep() {
  recovers = true;
  TAKE_GET;                                                           /* C1 */
  if
  :: gone(who) ->
    at = free;
    do
    :: at < head ->
      if
      :: REDELIVER && state[at % RING] == who -> COMMIT_STATE(back++; outs--; GIVEN_BACK(1 << slot[at % RING]), at, WAITING) /* C2 */
      :: !REDELIVER && (state[at % RING] == who || state[at % RING] == who + ARRIVING) ->
        WALK(at);
        COMMIT_STATE(done++; abandoned++; lost = lost + state[at % RING] / ARRIVING; free = before, at, FINISHED) /* C2 */
      :: else -> skip
      fi;
      at++
    :: else -> break
    od;
    if
    :: taken[who] != 0 ->
      COMMIT(abandoned = abandoned + taken[who] % HAND; done = done + taken[who] % HAND; lost = lost + taken[who] / HAND, who, 0) /* C3 */
    :: else -> skip
    fi;
    STEP(used[who] = false)                                           /* C4 */
  :: else -> skip
  fi;
  LEAVE(get_lock);                                            /* C5 */
  who = 0; at = 0; before = 0
}

proctype producer(byte me) {
  byte i = 0, who, at, before;
  bool recovers;
  do
  :: i < EACH ->
    TAKE_PUT;                                                         /* P1 */
    if
    :: full && (unused || free > released) ->                         /* pp_room_make */
      TAKE_GET;                                                       /* P1a */
      if
      :: unused -> COMMIT(head = tail; free = tail; released = tail, NOBODY, 0)   /* P1b */
      :: else -> COMMIT(released = free, NOBODY, 0)
      fi;
      STEP(get_lock = NOBODY)                                         /* P1c */
    :: else -> skip
    fi;
    if
    :: full ->
      LEAVE(put_lock);
      if
      :: !full || free > released || unused -> skip
      :: SOME_GONE; sweep()
      :: consumers_over == CONSUMERS -> break
      fi
    :: else ->
      STEP(slot[tail % RING] = me * EACH + i; state[tail % RING] = WAITING);                    /* P2 */
      STEP(tail++; puts++; committed = committed | (1 << (me * EACH + i)));   /* P3 */
      LEAVE(put_lock);                                        /* P4 */
      i++                                                             /* P5 is a wake-up */
    fi
  :: else -> break
  od;
ended:
  atomic { producers_over++; i = 0; who = 0; at = 0; before = 0; recovers = false }
}

proctype consumer(byte me) {
  byte item, at, before, who;
  bool recovers, kept, keeps;
  do
  :: puts > outs ->
    TAKE_GET;                                                         /* G1 */
    if
    :: puts == outs -> LEAVE(get_lock)
    :: else ->
      at = head;
      if
      :: back > 0 -> at = free; do :: state[at % RING] != BACK_AGAIN -> at++; assert(at < head) :: else -> break od
      :: back == 0 && slot[at % RING] == SKIP -> at = (at / RING + 1) * RING
      :: else -> skip
      fi;
      assert(at < tail);
      STEP(item = slot[at % RING]);                                   /* G2 */
      kept = REDELIVER;
      if
      :: TASKS && !REDELIVER -> kept = true
      :: skip
      fi;
      keeps = free != head;
      if
      :: !REDELIVER && kept ->
        COMMIT_STATE(TOOK; released = free; if :: back > 0 -> back-- :: else -> head = at + 1 fi, at, me + ARRIVING)   /* G3, G4 */
      :: !REDELIVER && !kept && back > 0 ->
        WALK(at);
        COMMIT(TOOK; back--; released = free; free = before; slot[at % RING] = GARBAGE; log_record = at, me, taken[me] % HAND + 1 + HAND) /* G3, G4 */
      :: REDELIVER ->
        COMMIT_STATE(TOOK; released = free; if :: back > 0 -> back-- :: else -> head = at + 1 fi, at, me)   /* G3, G4 */
      :: else ->
        COMMIT(TOOK; released = free; head = at + 1; if :: keeps -> skip :: else -> free = head fi; slot[at % RING] = GARBAGE, me, taken[me] % HAND + 1 + HAND) /* G3, G4 */
      fi;
      if
      :: !REDELIVER && puts == outs && tail % RING != 0 && released >= tail - tail % RING ->    /* pp_room_rewind */
        atomic { if :: put_lock == NOBODY -> put_lock = me :: else -> skip fi };                /* G4a */
        if
        :: put_lock == me && unused && tail % RING != 0 && released >= tail - tail % RING ->
          STEP(slot[tail % RING] = SKIP; state[tail % RING] = WAITING); /* G4b */
          STEP(tail = (tail / RING + 1) * RING);                      /* G4c */
          COMMIT(head = tail; free = tail; released = tail, NOBODY, 0) /* G4d */
        :: else -> skip
        fi;
        if
        :: put_lock == me -> STEP(put_lock = NOBODY)                  /* G4e */
        :: else -> skip
        fi
      :: else -> skip
      fi;
      LEAVE(get_lock);                                        /* G5 */
      STEP(                                                           /* G6: the item is the caller's */
        taken[me] = taken[me] % HAND;
        if :: kept && !REDELIVER && state[at % RING] == me + ARRIVING -> state[at % RING] = me :: else -> skip fi;
        assert((came & (1 << item)) == 0 || redelivered & (1 << item));
        came = came | (1 << item);
        item = 0; at = 0; keeps = false);
      TAKE_GET;                                                       /* D1, B1 */
      if
      :: kept ->
        at = free; do :: state[at % RING] != me -> at++; assert(at < head) :: else -> break od;
        if
        :: backs > 0 -> COMMIT_STATE(backs--; back++; outs--; GIVEN_BACK(1 << slot[at % RING]); came = came & (255 - (1 << slot[at % RING])), at, BACK_AGAIN) /* B2 */
        :: skip ->
          WALK(at);
          COMMIT_STATE(done++; free = before, at, FINISHED)           /* D2 */
        fi;
        at = 0; before = 0; kept = false
      :: else ->
        assert(taken[me] > 0);
        COMMIT(done++, me, taken[me] - 1)                             /* D2 */
      fi;
      LEAVE(get_lock)                                         /* D3, B3 */
    fi
  :: SOME_GONE; sweep()
  :: producers_over == PRODUCERS && puts == done -> break
  od;
ended:
  atomic { consumers_over++; item = 0; at = 0; before = 0; who = 0; recovers = false; kept = false; keeps = false }
}

proctype closer(byte me) {
  byte who, at, before;
  bool recovers;
  do
  :: SOME_GONE; sweep()
  :: !gone(0) && !gone(1) && !gone(2) && !gone(3) -> break
  od;
  atomic {
    at = 0; who = 0;
    do
    :: at < PRODUCERS * EACH ->
      if
      :: committed & (1 << at) -> who++
      :: else -> skip
      fi;
      at++
    :: else -> break
    od;
    assert(who == puts);
    /* A consumer that lives to the end has seen every item done. No committed item is missing, except those that died with a consumer, and
     * those are counted. */
    assert((dead[2] && dead[3]) || (puts == outs && puts == done));
    assert(puts - outs == puts - done);
    /* The ring keeps nothing that is done. */
    assert((dead[2] && dead[3]) || free == head);
    at = 0; who = 0;
    do
    :: at < PRODUCERS * EACH ->
      if
      :: committed & (1 << at) && (came & (1 << at)) == 0 -> who++
      :: else -> skip
      fi;
      at++
    :: else -> break
    od;
    assert(REDELIVER -> who <= puts - outs : who == lost + puts - outs);
    assert(!taken[2] && !taken[3]);
    at = 0; who = 0
  }
ended:
  skip
}

init {
  atomic {
    used[0] = true; used[1] = true; used[2] = true; used[3] = true;
    run producer(0); run producer(1); run consumer(2); run consumer(3)
  };
  atomic { (producers_over == PRODUCERS && consumers_over == CONSUMERS) -> run closer(CLOSER) }
}
