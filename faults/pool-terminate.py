import multiprocessing as mp

from observe import observe, unless_blocked
from pool_workers import kill_both

if __name__ == "__main__":
    mp.set_start_method("spawn")
    pool, _ = kill_both()
    begun = unless_blocked("terminate()")
    pool.terminate()
    pool.join()
    observe("both returned", begun)
