import multiprocessing as mp
import os
import time

from children import kill, start, stay
from observe import observe


def child(sender):
    sender.send("started")
    sender.send(os.getpid())
    stay()


def parent(sender):
    mp.Process(target=child, args=(sender,), daemon=True).start()
    stay()


def is_alive(pid):
    """A zombie has ended, although the process that adopted the orphan may be slow to reap it."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


if __name__ == "__main__":
    mp.set_start_method("spawn")
    middle, receiver = start(parent)
    pid = receiver.recv()
    kill(middle)
    begun = time.monotonic()
    while is_alive(pid) and time.monotonic() - begun < 2:
        time.sleep(0.001)
    observe("the child is still alive" if is_alive(pid) else "the child is gone", begun)
