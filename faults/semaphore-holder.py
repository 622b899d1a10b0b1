import multiprocessing as mp
import time

from children import kill, start, stay
from observe import observe


def hold(semaphore, sender):
    semaphore.acquire()
    sender.send("held")
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    semaphore = mp.Semaphore(1)
    holder, _ = start(hold, semaphore)
    kill(holder)
    begun = time.monotonic()
    acquired = semaphore.acquire(timeout=2)
    observe("acquired" if acquired else "not acquired", begun)
