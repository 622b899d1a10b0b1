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


def is_alive(pid):
    """Whoever gets the orphan may be slow to reap it."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


if __name__ == "__main__":
    mp.set_start_method("spawn")
    told, tell = mp.Pipe(False)
    middle = mp.Process(target=parent, args=(tell,))
    middle.start()
    pid = told.recv()
    middle.kill()
    middle.join()
    begun = time.monotonic()
    while is_alive(pid) and time.monotonic() - begun < 2:
        time.sleep(0.001)
    observe("the child is still alive" if is_alive(pid) else "the child is gone", begun)
