/* The snapshot of native/src/snapshot.c: two copies of two fields, and the counter that says which one holds. Two writers in turn, under a
 * lock that is taken from the dead; any of them may be killed before any of its stores. A reader sees what one commit wrote, and never
 * an older one than before. */
#define COMMITS 3
#define NOBODY 255

byte selected;
byte copies[4];        /* copy 0, copy 1: two fields each */
byte lock = NOBODY;
bool dead[2];
byte last;             /* ghost: what the last commit published */

#define STEP(action) \
  if \
  :: atomic { dead[me] = true; goto ended } \
  :: atomic { skip; action } \
  fi

proctype writer(byte me) {
  byte i = 0, value, next;
  do
  :: i < COMMITS ->
    atomic { (lock == NOBODY || dead[lock]) -> lock = me };
    value = copies[(selected % 2) * 2];
    assert(value == last && copies[(selected % 2) * 2 + 1] == last);
    next = selected + 1;
    STEP(copies[(next % 2) * 2] = value + 1);                 /* snapshot.half_written */
    STEP(copies[(next % 2) * 2 + 1] = value + 1);             /* snapshot.before_commit */
    STEP(selected = next; last = value + 1);                  /* snapshot.after_commit */
    STEP(lock = NOBODY);
    i++
  :: else -> break
  od;
ended:
  skip
}

proctype reader() {
  byte i = 0, seen, first, second, before = 0;
  do
  :: i < 3 ->
    seen = selected;
    first = copies[(seen % 2) * 2];
    second = copies[(seen % 2) * 2 + 1];
    if
    :: selected == seen -> assert(first == second); assert(first >= before && first == seen); before = first; i++
    :: else -> skip
    fi
  :: else -> break
  od
}

init {
  atomic { run writer(0); run writer(1); run reader() }
}
