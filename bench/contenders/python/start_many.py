"""Milliseconds until so many children, started at once, run their target's first line."""
import multiprocessing
import time

from measure import report, settings


def say_and_wait(conn):
    conn.send(1)
    conn.recv()


if __name__ == "__main__":
    given = settings(method="spawn", children=1)
    context = multiprocessing.get_context(given["method"])
    begin = time.perf_counter()
    ends = []
    for _ in range(given["children"]):
        conn, theirs = context.Pipe()
        context.Process(target=say_and_wait, args=(theirs,)).start()
        theirs.close()
        ends.append(conn)
    for conn in ends:
        conn.recv()
    report((time.perf_counter() - begin) * 1000)
    for conn in ends:
        conn.send(0)
