/* The snapshot of native/src/base/snapshot.c: two copies of two fields, and a counter that says which copy is valid. Two writers take
 * turns under a lock, which is taken over from a dead holder. Either writer may be killed before any of its stores. A reader must see the
 * values of one commit, and never an older commit than before. */
#define COMMITS 3
#define NOBODY 255

byte selected;
byte copies[4];        /* copy 0, then copy 1, with two fields each */
byte lock = NOBODY;
bool dead[2];
byte last;             /* for the assertions only: what the last commit published */

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
