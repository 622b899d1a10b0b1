/* The notice of native/src/wait/notice.c, with event loops that wait by their bells. Two givers put items, two waiters take them, and each
 * step on shared memory is one of its own. Nobody is killed and nobody looks by himself after a slice: so when nothing moves any more, no item
 * may be left while somebody waits. */

byte items;
byte sequence;
bool waited_for;
bool bell_bit[2];
bool rung[2];

/* Changes the notice and rings one bell: that of `first`, or if it is not set, that of the other one. While it does so, nobody seems to wait. So
 * if the notice has changed meanwhile, it rings once more. */
inline give(first) {
  atomic { sequence++; mine = sequence };
  do
  :: !waited_for -> break
  :: else ->
    waited_for = false;
    if
    :: atomic { bell_bit[first] -> bell_bit[first] = false }; rung[first] = true
    :: else ->
      if
      :: atomic { bell_bit[1 - first] -> bell_bit[1 - first] = false }; rung[1 - first] = true
      :: else -> skip
      fi
    fi;
    if
    :: bell_bit[0] || bell_bit[1] -> waited_for = true /* bells are left */
    :: else -> skip
    fi;
    if
    :: sequence == mine -> break
    :: else -> mine = sequence
    fi
  od;
  mine = 0
}

proctype giver(byte count) {
  byte mine;
  do
  :: count > 0 ->
    items++;
    give(count % 2);
    count--
  :: else -> break
  od
}

/* Takes as many items as it wants, and then does something else. */
proctype waiter(byte me; byte wanted) {
  byte seen, mine;
  bool got, more;
look:
  seen = sequence;
  atomic {
    got = wanted > 0 && items > 0;
    if
    :: got -> items--; wanted--
    :: else -> skip
    fi;
    more = got && items > 0
  };
  if
  :: more -> give(me) /* there is more */
  :: else -> skip
  fi;
  if
  :: wanted == 0 -> goto ended
  :: wanted > 0 && got -> goto look
  :: else -> skip
  fi;
arm:
  bell_bit[me] = true;
  waited_for = true;
  if
  :: sequence != seen -> bell_bit[me] = false; goto look /* it looks once more */
  :: else -> skip
  fi;
end_waiting:
  rung[me] -> rung[me] = false;
  if
  :: sequence != seen -> bell_bit[me] = false; goto look
  :: sequence == seen && !bell_bit[me] -> goto arm /* the ring was for an earlier change */
  :: else -> goto end_waiting
  fi;
ended:
  skip
}

active proctype monitor() {
end_monitor:
  timeout -> assert(items == 0)
}

init {
  atomic { run giver(1); run giver(1); run waiter(0, 1); run waiter(1, 1) }
}
