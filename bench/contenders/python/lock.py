"""Microseconds of one hand-over of a lock between two processes. Each waits for the lock that the other releases."""
from multiprocessing import Lock, Process

from measure import rate, report, settings


def take(mine, theirs):
    while True:
        mine.acquire()
        theirs.release()


if __name__ == "__main__":
    given = settings(ms=1000)
    mine, theirs = Lock(), Lock()
    mine.acquire()
    theirs.acquire()
    Process(target=take, args=(theirs, mine), daemon=True).start()

    def run(count):
        for _ in range(count):
            theirs.release()
            mine.acquire()
        return 2 * count

    report(1e6 / rate(run, given["ms"]))
