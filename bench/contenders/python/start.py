"""Milliseconds from start() to the end of a child: the first one, or the median of more."""
import multiprocessing
import statistics
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
    report(times[0] if len(times) == 1 else statistics.median(times[1:]))
