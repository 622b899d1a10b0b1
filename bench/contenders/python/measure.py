"""Shared by the Python programs that are measured; the counterpart of measure.ts."""
import argparse
import json
import time


def settings(**defaults):
    """The settings of a program, from its `--name=value` arguments and these defaults."""
    parser = argparse.ArgumentParser()
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    return vars(parser.parse_args())


def report(measured):
    """Prints the line that the runner reads: one value, or several values of which the runner takes the median."""
    print(json.dumps({"values": measured} if isinstance(measured, list) else {"value": measured}))


def rate(run, ms, first=64):
    """Runs longer and longer passes until one takes about `ms`, and returns its rate a second."""
    count, passes = first, 1
    while True:
        start = time.perf_counter()
        done = run(count)
        took = (time.perf_counter() - start) * 1000
        if took >= ms / 2 and passes > 2:
            return done / took * 1000
        count = -(-min(count * 10, max(1, int(count * ms / took))) // 1)
        passes += 1


def item(i, size):
    return {"id": i, "name": f"item {i}"} if size == 0 else b"\x07" * size


def round_trip(once, ms, pause, samples):
    """Microseconds of a round trip: the mean of a busy exchange, or each sample after a pause."""

    def run(count):
        for _ in range(count):
            once()
        return count

    busy = 1e6 / rate(run, ms)
    if pause == 0:
        return busy
    times = []
    for _ in range(samples):
        time.sleep(pause / 1000)
        start = time.perf_counter()
        once()
        times.append((time.perf_counter() - start) * 1e6)
    return times
