import multiprocessing as mp
import time

from observe import named, observe, unless_blocked


def passed(barrier):
    try:
        barrier.wait()
        return "passed"
    except Exception as error:
        return named(error)


def party(barrier, tell):
    tell.send("coming")
    tell.send(passed(barrier))


def started(barrier):
    told, tell = mp.Pipe(False)
    child = mp.Process(target=party, args=(barrier, tell))
    child.start()
    told.recv()
    return child, told


if __name__ == "__main__":
    mp.set_start_method("spawn")
    barrier = mp.Barrier(3)
    victim, _ = started(barrier)
    _, told = started(barrier)
    # Both wait by then.
    time.sleep(0.5)
    victim.kill()
    victim.join()
    begun = unless_blocked("wait()")
    answers = {passed(barrier), told.recv()}
    observe(f"the others: {', '.join(sorted(answers))}", begun)
