import multiprocessing as mp
import time

from children import kill, start
from observe import named, observe, unless_blocked


def outcome_of_wait(barrier):
    try:
        barrier.wait()
        return "passed"
    except Exception as error:
        return named(error)


def party(barrier, sender):
    sender.send("coming")
    sender.send(outcome_of_wait(barrier))


if __name__ == "__main__":
    mp.set_start_method("spawn")
    barrier = mp.Barrier(3)
    victim, _ = start(party, barrier)
    _, receiver = start(party, barrier)
    # Both children wait at the barrier by then.
    time.sleep(0.5)
    kill(victim)
    begun = unless_blocked("wait()")
    outcomes = {outcome_of_wait(barrier), receiver.recv()}
    observe(f"the others: {', '.join(sorted(outcomes))}", begun)
