import multiprocessing as mp
import time

from children import kill, start, stay
from observe import observe


def hold(lock, sender):
    lock.acquire()
    sender.send("held")
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    lock = mp.Lock()
    holder, _ = start(hold, lock)
    kill(holder)
    begun = time.monotonic()
    acquired = lock.acquire(timeout=2)
    observe("acquired" if acquired else "not acquired", begun)
