/* The queue of native/src/queue.c: 2 producers, 2 consumers, capacity 2, 2 items each, and a crash of any one process at any step; who
 * takes a lock from the dead may crash as well (CRASHES 2). Steps carry the numbers of queue.c.
 *
 *   spin -run -safety -DCRASHES=1 queue.pml        no assertion is violated, in any interleaving
 *
 * What a snapshot is in C, one store that publishes several numbers, is one atomic step here. Waiting is a look that is repeated: a wait
 * in C ends at the latest after a slice, so a lost wake-up costs time and nothing else. */
#ifndef CRASHES
#define CRASHES 1
#endif
#define PRODUCERS 2
#define CONSUMERS 2
#define WORKERS 4
#define EACH 2
#define CAPACITY 2
#define ITEMS 4
#define NOBODY 255

byte put_lock = NOBODY, get_lock = NOBODY;
bool dead[WORKERS];
byte crashes = 0;

/* The ring, and the two snapshots; `ring` keeps every item, for positions only grow. */
byte ring[ITEMS + 2];
byte puts = 0;
byte outs = 0;
byte log_who = NOBODY, log_value = 0;
bool logged = true;

byte taken[WORKERS];          /* as the shared memory counts */
byte held[WORKERS];           /* items that this worker's commits took: ghost */
bool hand[WORKERS];
byte times[ITEMS];            /* how often an item came to a caller: ghost */
bool committed[ITEMS];        /* its put returned, or would have: ghost */
byte in_hand[WORKERS];        /* the item taken and not returned yet: ghost */
byte producers_over = 0, consumers_over = 0;

inline may_crash(me) {
  if
  :: crashes < CRASHES -> atomic { crashes++; dead[me] = true; goto ended }
  :: skip
  fi
}

/* P1, G1: free, or taken from one that is dead. The dead one's log is carried out by who takes the get lock (R1). */
inline take(lock, me, stolen) {
  atomic {
    (lock == NOBODY || dead[lock]);
    stolen = (lock != NOBODY);
    lock = me
  }
}

inline apply_log() {
  if
  :: !logged && log_who != NOBODY -> taken[log_who] = log_value
  :: else -> skip
  fi;
}

proctype producer(byte me) {
  byte i = 0, item, at;
  bool stolen;
  do
  :: i < EACH ->
    item = me * EACH + i;
    take(put_lock, me, stolen);                       /* P1 */
    may_crash(me);
    if
    :: puts - outs >= CAPACITY ->
      put_lock = NOBODY;
      (puts - outs < CAPACITY || consumers_over == CONSUMERS);
      if
      :: puts - outs >= CAPACITY -> break
      :: else -> skip
      fi
    :: else ->
      at = puts;
      ring[at] = item;                                /* P2 */
      may_crash(me);
      atomic { assert(puts == at); puts = at + 1; committed[item] = true }   /* P3 */
      may_crash(me);
      put_lock = NOBODY;                              /* P4 */
      may_crash(me);                                  /* P5: the wake-up */
      i++
    fi
  :: else -> break
  od;
ended: producers_over++
}

proctype consumer(byte me) {
  byte item, at;
  byte last[PRODUCERS];
  bool stolen;
  in_hand[me] = NOBODY;
  last[0] = NOBODY; last[1] = NOBODY;
  do
  :: true ->
    (puts > outs || producers_over == PRODUCERS);
    take(get_lock, me, stolen);                       /* G1 */
    may_crash(me);
    if
    :: stolen -> apply_log(); may_crash(me); logged = true   /* R1 */
    :: else -> skip
    fi;
    if
    :: puts == outs ->
      get_lock = NOBODY;
      if
      :: producers_over == PRODUCERS && puts == outs -> break
      :: else -> skip
      fi
    :: else ->
      at = outs;
      item = ring[at];                                /* G2 */
      may_crash(me);
      atomic {                                        /* G3 */
        assert(outs == at);
        outs = at + 1; log_who = me; log_value = taken[me] + 1; logged = false;
        held[me]++; in_hand[me] = item
      }
      may_crash(me);
      taken[me] = log_value;                          /* G4 */
      may_crash(me);
      logged = true;
      may_crash(me);
      get_lock = NOBODY;                              /* G5 */
      may_crash(me);
      atomic {                                        /* G6: the item is the caller's */
        in_hand[me] = NOBODY;
        times[item]++;
        assert(times[item] == 1);
        assert(committed[item]);
        /* order: what one producer put, each consumer sees in order */
        assert(last[item / EACH] == NOBODY || last[item / EACH] < item);
        last[item / EACH] = item
      }
    fi
  od;
ended: consumers_over++
}

init {
  byte i, count, lost;
  atomic {
    in_hand[0] = NOBODY; in_hand[1] = NOBODY; in_hand[2] = NOBODY; in_hand[3] = NOBODY;
    run producer(0); run producer(1); run consumer(2); run consumer(3)
  }
  (producers_over == PRODUCERS && consumers_over == CONSUMERS);
  /* Nothing that was committed is missing: it came once, is in the queue, or died in a consumer's hand. */
  atomic {
    i = 0; count = 0; lost = 0;
    do
    :: i < ITEMS -> if :: committed[i] -> count++ :: else -> skip fi; if :: times[i] == 1 -> lost++ :: else -> skip fi; i++
    :: else -> break
    od;
    assert(count == puts);
    i = 2;
    do
    :: i < WORKERS -> if :: in_hand[i] != NOBODY -> assert(dead[i]); lost++ :: else -> skip fi; i++
    :: else -> break
    od;
    assert(lost + (puts - outs) == count);
    /* Exact counters, once a log that the dead left is carried out. */
    if :: !logged && log_who != NOBODY -> taken[log_who] = log_value :: else -> skip fi;
    assert(taken[2] == held[2] && taken[3] == held[3])
  }
}
