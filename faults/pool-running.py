import multiprocessing as mp
import time

from observe import named, observe
from pool_workers import kill_both

if __name__ == "__main__":
    mp.set_start_method("spawn")
    pool, results = kill_both()
    begun = time.monotonic()
    try:
        results[0].get(timeout=5)
        outcome = "a result"
    except Exception as error:
        outcome = "`get(timeout=5)`: " + named(error)
    observe(outcome, begun)
