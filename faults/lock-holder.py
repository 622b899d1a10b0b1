import multiprocessing as mp
import time

from observe import observe, stay


def hold(lock, tell):
    lock.acquire()
    tell.send("held")
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    lock = mp.Lock()
    told, tell = mp.Pipe(False)
    holder = mp.Process(target=hold, args=(lock, tell))
    holder.start()
    told.recv()
    holder.kill()
    holder.join()
    begun = time.monotonic()
    acquired = lock.acquire(timeout=2)
    observe("acquired" if acquired else "not acquired", begun)
