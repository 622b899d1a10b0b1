"""Milliseconds from start() to the end of a child. The first start counts only if it is the only one."""
import multiprocessing
import time

from measure import report, settings


def nothing():
    pass


def start_and_join(context):
    begin = time.perf_counter()
    process = context.Process(target=nothing)
    process.start()
    process.join()
    return (time.perf_counter() - begin) * 1000


if __name__ == "__main__":
    given = settings(method="spawn", starts=10)
    context = multiprocessing.get_context(given["method"])
    times = [start_and_join(context) for _ in range(given["starts"])]
    report(times if len(times) == 1 else times[1:])
