"""Microseconds of a round trip to another process, through two queues or a pipe."""
from multiprocessing import Pipe, Process, Queue

from measure import report, round_trip, settings


def echo_queue(there, back):
    while True:
        back.put(there.get())


def echo_pipe(conn):
    while True:
        conn.send(conn.recv())


if __name__ == "__main__":
    given = settings(via="pipe", bytes=32, ms=1000, pause=0, samples=31)
    value = "x" * given["bytes"]
    if given["via"] == "queue":
        there, back = Queue(), Queue()
        Process(target=echo_queue, args=(there, back), daemon=True).start()

        def once():
            there.put(value)
            back.get()

    else:
        conn, theirs = Pipe()
        Process(target=echo_pipe, args=(theirs,), daemon=True).start()

        def once():
            conn.send(value)
            conn.recv()

    report(round_trip(once, given["ms"], given["pause"], given["samples"]))
