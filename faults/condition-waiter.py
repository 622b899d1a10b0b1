import multiprocessing as mp

from observe import observe, unless_blocked


def wait_for(changed, tell):
    with changed:
        tell.send("waiting")
        changed.wait()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    changed = mp.Condition()
    told, tell = mp.Pipe(False)
    waiter = mp.Process(target=wait_for, args=(changed, tell))
    waiter.start()
    told.recv()
    # To be had once it waits.
    with changed:
        pass
    waiter.kill()
    waiter.join()
    begun = unless_blocked("notify()")
    with changed:
        changed.notify()
    observe("`notify()` returned", begun)
