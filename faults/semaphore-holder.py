import multiprocessing as mp
import time

from observe import observe, stay


def hold(semaphore, tell):
    semaphore.acquire()
    tell.send("held")
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    semaphore = mp.Semaphore(1)
    told, tell = mp.Pipe(False)
    holder = mp.Process(target=hold, args=(semaphore, tell))
    holder.start()
    told.recv()
    holder.kill()
    holder.join()
    begun = time.monotonic()
    acquired = semaphore.acquire(timeout=2)
    observe("acquired" if acquired else "not acquired", begun)
