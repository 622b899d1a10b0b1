import multiprocessing as mp
import os
import sys
import time

from observe import named, observe


def initialize():
    # CPython prints the stack of each of the many workers that it starts.
    sys.stderr = open(os.devnull, "w")
    raise ValueError("an initializer that fails")


if __name__ == "__main__":
    mp.set_start_method("spawn")
    pool = mp.Pool(2, initialize)
    begun = time.monotonic()
    try:
        outcome = str(pool.apply_async(abs, (-1,)).get(timeout=5))
    except Exception as error:
        outcome = "`get(timeout=5)`: " + named(error)
    observe(outcome, begun)
