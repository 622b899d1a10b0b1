import multiprocessing as mp
import os
import time

from observe import observe, stay


def child(tell):
    tell.send(os.getpid())
    stay()


def parent(tell):
    mp.Process(target=child, args=(tell,), daemon=True).start()
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    told, tell = mp.Pipe(False)
    middle = mp.Process(target=parent, args=(tell,))
    middle.start()
    pid = told.recv()
    middle.kill()
    middle.join()
    begun = time.monotonic()
    while os.path.exists(f"/proc/{pid}") and time.monotonic() - begun < 2:
        time.sleep(0.001)
    observe("the child is still alive" if os.path.exists(f"/proc/{pid}") else "the child is gone", begun)
