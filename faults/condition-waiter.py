import multiprocessing as mp

from children import kill, start
from observe import observe, unless_blocked


def wait_for(changed, sender):
    with changed:
        sender.send("waiting")
        changed.wait()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    changed = mp.Condition()
    waiter, _ = start(wait_for, changed)
    # The lock is free only once the child waits.
    with changed:
        pass
    kill(waiter)
    begun = unless_blocked("notify()")
    with changed:
        changed.notify()
    observe("`notify()` returned", begun)
