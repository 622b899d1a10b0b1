"""Microseconds of a round trip through a queue at which many processes wait. Any of them may take the item."""
from multiprocessing import Process, Queue

from measure import report, round_trip, settings


def echo(there, back):
    back.put(0)
    while True:
        back.put(there.get())


if __name__ == "__main__":
    given = settings(waiters=1, ms=1000)
    there, back = Queue(), Queue()
    for _ in range(given["waiters"]):
        Process(target=echo, args=(there, back), daemon=True).start()
    for _ in range(given["waiters"]):
        back.get()

    def once():
        there.put(1)
        back.get()

    report(round_trip(once, given["ms"], 0, 0))
