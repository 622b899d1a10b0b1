"""A pool of two workers, both of which run a task and are killed then."""

import multiprocessing as mp
import os
import signal
import time

from children import stay

begun = None


def initialize(queue):
    global begun
    begun = queue


def run():
    begun.put(os.getpid())
    stay()


def kill_both():
    """Returns the pool, and the results of both tasks."""
    queue = mp.SimpleQueue()
    pool = mp.Pool(2, initialize, (queue,))
    results = [pool.apply_async(run) for _ in range(2)]
    pids = [queue.get() for _ in range(2)]
    # Both workers have left put() by then.
    time.sleep(0.2)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return pool, results
